/** The wall clock may run a little slow or be slewed; a step back of more than this is a clock that was set, ms. */
const SET_BACK_MS = 1000

/**
 * Milliseconds since 1970 by the device, for ages: it goes on where the device's clock is set back while the page is
 * open. A step forward is taken as it is: a device that slept makes the same one. What a device calls now may be years
 * off; the server's time is `ServerClock`.
 */
export class SteadyClock {
  #last: { wall: number; elapsed: number } | undefined
  /** How far the device's clock was set back in all. */
  #ahead = 0

  now(): number {
    const wall = Date.now()
    const elapsed = performance.now()
    if (this.#last) {
      const step = wall - this.#last.wall - (elapsed - this.#last.elapsed)
      if (step < -SET_BACK_MS) this.#ahead -= step
    }
    this.#last = { wall, elapsed }
    return wall + this.#ahead
  }

  /** The same moment as the device's clock counts today. */
  toWall(at: number): number {
    this.now()
    return at - this.#ahead
  }
}
