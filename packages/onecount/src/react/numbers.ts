import type { LikeInput } from './registers'

/** The largest time in an op or a revision, microseconds since 1970: `2·t + 1` is a safe integer up to here. */
export const MAX_TIME = (Number.MAX_SAFE_INTEGER - 1) / 2

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

/** Names a session; absent: not known. */
type Whose = Pick<LikeInput, 'session'>

/** Whether the person has changed, or signed out, since the heart was heard. */
export const isOfAnother = (of: Whose, known: Whose | undefined): boolean =>
  !!of.session && !!known?.session && of.session !== known.session

/** What can be believed of an answer in form; a state that makes no sense says nothing. Pure. */
export function sound(input: LikeInput): LikeInput {
  const { count, liked, op, rev } = input
  return isNatural(op ?? 0) && isNatural(count ?? 0) && typeof (liked ?? true) === 'boolean' && isRev(rev)
    ? input
    : { ...input, count: null, liked: null, rev: 0, op: undefined, durable: null, source: 'unknown' }
}
