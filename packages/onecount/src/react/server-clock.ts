interface Sample {
  /** The server's time, when the two clocks of this device read this; milliseconds. */
  server: number
  wall: number
  elapsed: number
  /** How far `server` may be off, milliseconds. */
  error: number
}

/** How far a page's time may be off, milliseconds: the page was on its way, and was rendered in parts. */
const PAGE_ERROR_MS = 1000

/**
 * The server's time as this device can know it, in milliseconds since 1970. Between two samples it runs by
 * `performance.now()`, which no setting of the device's clock moves.
 */
export class ServerClock {
  #sample: Sample | undefined

  /**
   * The server has said its time; `error`: by how much it may be wrong at `elapsed` (by `performance.now()`). What
   * agrees with a better sample changes nothing.
   */
  note(server: number, error: number, elapsed = performance.now()): void {
    const passed = performance.now() - elapsed
    const now = { server: server + passed, wall: Date.now(), elapsed: performance.now(), error }
    const known = this.#sample
    const expected = known ? known.server + now.elapsed - known.elapsed : 0
    const agrees = known && Math.abs(expected - now.server) <= error
    this.#sample =
      known && agrees && known.error <= error ? { ...now, server: expected, error: known.error } : now
  }

  /**
   * A page carries the time at which the server rendered it. The document that was just loaded was rendered when its
   * answer began; any other payload may have waited in a cache, and says only that the server's time is not earlier.
   */
  notePage(server: number): void {
    const [document] = performance.getEntriesByType?.('navigation') ?? []
    if (!this.#sample && document && isFromServer(document as PerformanceNavigationTiming)) {
      this.note(server, PAGE_ERROR_MS, (document as PerformanceNavigationTiming).responseStart)
    } else if ((this.latest() ?? Date.now()) < server) this.note(server, PAGE_ERROR_MS)
  }

  /**
   * The time for a press. A device that slept, and one whose clock was set forward, look alike; the later time is taken:
   * the server refuses one that is too late and says its own, one that is too early would lose to an older press.
   */
  now(): number {
    const known = this.#sample
    if (!known) return Date.now()
    return known.server + Math.max(Date.now() - known.wall, performance.now() - known.elapsed)
  }

  /** The time that nothing said by the server can lie far beyond; undefined until the server has said one. */
  latest(): number | undefined {
    const known = this.#sample
    return known && known.server + performance.now() - known.elapsed
  }
}

/** A document out of a cache was rendered long before its answer began. */
const isFromServer = ({ responseStart, transferSize }: PerformanceNavigationTiming): boolean =>
  responseStart > 0 && transferSize > 0
