/** A step back of the wall clock up to this far is smoothed, microseconds. */
const SMOOTHED = 1_000_000

/**
 * A clock in whole microseconds that never repeats a value while the wall clock goes forward, and hides its small steps
 * back. A large one is followed at once: the clock was wrong before, and the stores keep ops and revisions in order.
 * @example
 * const clock = createClock()
 * const op = nextOp(clock(), 0, true)
 */
export function createClock(wallMillis: () => number = Date.now): () => number {
  let last = 0
  return () => {
    const wall = Math.round(wallMillis() * 1000)
    last = wall < last - SMOOTHED ? wall : Math.max(last + 1, wall)
    return last
  }
}
