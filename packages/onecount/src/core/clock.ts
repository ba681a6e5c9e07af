/** A clock in whole microseconds that never repeats a value and never runs backwards within the process. */
export function createClock(wallMillis: () => number = Date.now): () => number {
  let last = 0
  return () => {
    last = Math.max(last + 1, Math.round(wallMillis() * 1000))
    return last
  }
}
