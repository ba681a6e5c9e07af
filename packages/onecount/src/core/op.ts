/**
 * One integer per (post, session): `op = 2·t + liked`, t in microseconds. Odd: liked, even: not; the larger wins.
 * Safe as a JavaScript number and a Lua double until the year 2112.
 */
export const isLikedOp = (op: number): boolean => op % 2 === 1

/** The time of an op, microseconds since 1970. */
export const opTime = (op: number): number => Math.floor(op / 2)

/** An op that beats `previous`, even when this clock is behind it. */
export function nextOp(nowMicros: number, previous: number, liked: boolean): number {
  return 2 * Math.max(nowMicros, opTime(previous) + 1) + (liked ? 1 : 0)
}

/** How far in the future a caller's op may lie before its clock is not believed, microseconds. */
export const MAX_OP_AHEAD = 5_000_000

/** The caller's op if it can be trusted (whole, of this parity, not from the future), else one of now. */
export function trustedOp(op: number | undefined, liked: boolean, nowMicros: number): number {
  const sound =
    op !== undefined &&
    Number.isSafeInteger(op) &&
    op > 1 &&
    isLikedOp(op) === liked &&
    opTime(op) <= nowMicros + MAX_OP_AHEAD
  return sound ? op : nextOp(nowMicros, 0, liked)
}
