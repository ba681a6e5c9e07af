import { OnecountError } from './errors'

/**
 * One integer per (post, session): `op = 2·t + liked`, t in microseconds. Odd: liked, even: not; the larger wins.
 * Safe as a JavaScript number and a Lua double until the year 2112.
 * @example
 * isLikedOp(3590932676680001) // true
 */
export const isLikedOp = (op: number): boolean => op % 2 === 1

/**
 * The time of an op, microseconds since 1970.
 * @example
 * new Date(opTime(3590932676680001) / 1000) // when it was pressed
 */
export const opTime = (op: number): number => Math.floor(op / 2)

/**
 * An op that beats `previous`, even when this clock is behind it.
 * @example
 * const op = nextOp(Date.now() * 1000, state.op ?? 0, true)
 * await onecount.set(postId, sessionId, true, { op })
 */
export function nextOp(nowMicros: number, previous: number, liked: boolean): number {
  return 2 * Math.max(nowMicros, opTime(previous) + 1) + (liked ? 1 : 0)
}

/**
 * How far after every moment that is known of its pair (the server's clock, the pair's newest op, the post's revision) a
 * caller's op may lie, microseconds. One further ahead would beat presses that are made after it.
 */
export const MAX_OP_AHEAD = 5_000_000

/**
 * An op of a caller counts as it is or is refused, and is never replaced: a repeat must be the same press.
 * @throws OnecountError `invalid_op` when it is no safe integer above 1, or even for a like, or odd for an unlike
 */
export function assertOp(op: number, liked: boolean): void {
  if (!Number.isSafeInteger(op) || op <= 1) throw new OnecountError('invalid_op', { field: 'op' })
  if (isLikedOp(op) !== liked) {
    const detail = liked ? 'a like has an odd one' : 'an unlike has an even one'
    throw new OnecountError('invalid_op', { field: 'op', detail })
  }
}
