import type { LikeInput, LikesEntry } from './registers'

/** The largest time in an op or a revision, microseconds since 1970: `2·t + 1` is a safe integer up to here. */
export const MAX_TIME = (Number.MAX_SAFE_INTEGER - 1) / 2
/** What lies further beyond the server's time than this was not said by the server, microseconds. */
const FUTURE_MICROS = 60_000_000

/** Whether it can be a count, or an op. */
export const isNatural = (value: unknown, max = Number.MAX_SAFE_INTEGER): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max

export const isRev = (value: unknown): value is number => isNatural(value, MAX_TIME)

/** An op for a press: later than all of these times, microseconds; whatever they are, of the right parity and safe. */
export function stampOp(liked: boolean, ...times: number[]): number {
  const t = Math.max(1, ...times.filter(Number.isFinite).map(Math.ceil))
  return 2 * Math.min(t, MAX_TIME) + Number(liked)
}

/** The time that is just after an op's. */
export const afterOp = (op: number): number => (op > 0 ? Math.floor(op / 2) + 1 : 0)

/** Whether somebody else has signed in, or nobody, since the heart was heard. */
export const isOfAnother = (of: Pick<LikeInput, 'session'>, known: LikesEntry | undefined): boolean =>
  !!of.session && !!known?.session && of.session !== known.session

/** What can be believed of an answer in form; a state that makes no sense says nothing. Pure. */
export function sound(input: LikeInput): LikeInput {
  const { count, liked, op, rev } = input
  return isNatural(op ?? 0) && isNatural(count ?? 0) && typeof (liked ?? true) === 'boolean' && isRev(rev)
    ? input
    : { ...input, count: null, liked: null, rev: 0, op: undefined, durable: null, source: 'unknown' }
}

/**
 * Whether something can be believed that did not come as an answer of the server: an event, another tab, a payload, a
 * storage. Of the same session, and whole numbers, none of them later than the server's time (`now`, milliseconds;
 * undefined: not known). Where the server's clock was set back its revisions are ahead of it: then the revision of the
 * heart counts, which comes with answers alone, so no event can push it on. Pure.
 */
export function isCredible(said: LikeInput, entry: LikesEntry | undefined, now: number | undefined): boolean {
  if (sound(said) !== said || isOfAnother(said, entry)) return false
  return isPast(Math.max(said.rev, Math.floor((said.op ?? 0) / 2)), entry, now)
}

/** Whether an op that was found in a storage can be one of this browser's. Pure. */
export const isCredibleOp = (op: number, entry: LikesEntry | undefined, now: number | undefined): boolean =>
  isNatural(op) && op > 1 && isPast(Math.floor(op / 2), entry, now)

function isPast(time: number, entry: LikesEntry | undefined, now: number | undefined): boolean {
  if (now === undefined) return true
  const known = Math.max(now * 1000, entry?.likedRev ?? 0, Math.floor((entry?.op ?? 0) / 2))
  return time <= known + FUTURE_MICROS
}
