/** The wall clock may run a little slow or be slewed; a step back of more than this is a clock that was set, ms. */
const SET_BACK_MS = 1000

/**
 * Milliseconds since 1970 by the device, for ages: it goes on where the device's clock is set back while the page is
 * open. A step forward counts as it is: a device that slept makes the same one. What a device calls now may be years
 * off; the server's time is `createServerClock`.
 */
export function createSteadyClock() {
  /** By how much the device's clock was ahead of `performance.now()`, and how far it was set back in all. */
  let offset: number | undefined
  let ahead = 0

  function now(): number {
    const wall = Date.now()
    const before = offset
    offset = wall - performance.now()
    if (before !== undefined && offset < before - SET_BACK_MS) ahead += before - offset
    return wall + ahead
  }

  return {
    now,

    /** The same moment as the device's clock counts today. */
    toWall(at: number): number {
      now()
      return at - ahead
    },
  }
}
