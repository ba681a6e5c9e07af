import { isNatural, isOfAnother, sound } from './numbers'
import type { LikeInput, LikesEntry } from './registers'

/** What lies further beyond the server's time than this was not said by the server, microseconds. */
const FUTURE_MICROS = 60_000_000

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
