/** How far a page's time may be off, milliseconds: the page was on its way, and was rendered in parts. */
const PAGE_ERROR_MS = 1000

export type ServerClock = ReturnType<typeof createServerClock>

/**
 * The server's time as this device can know it, in milliseconds since 1970. Between two samples it runs by
 * `performance.now()`, which no setting of the device's clock moves.
 */
export function createServerClock() {
  /** The server's time, when the two clocks of this device read `wall` and `elapsed`; it may be off by `error`. */
  let known: { server: number; wall: number; elapsed: number; error: number } | undefined

  /** The time that nothing said by the server can lie far beyond; undefined until the server has said one. */
  const latest = (): number | undefined => known && known.server + performance.now() - known.elapsed

  return {
    latest,

    /**
     * The server has said its time; `error`: by how much it may be wrong at `at` (by `performance.now()`). What agrees
     * with a better sample changes nothing.
     */
    note(said: number, error: number, at = performance.now()): true {
      const elapsed = performance.now()
      const server = said + elapsed - at
      const expected = latest()
      const sample = { server, wall: Date.now(), elapsed, error }
      const isBetter = expected === undefined || known!.error > error || Math.abs(expected - server) > error
      known = isBetter ? sample : { ...sample, server: expected, error: known!.error }
      return true
    },

    /**
     * The time for a press. A device that slept, and one whose clock was set forward, look alike; the later time is
     * taken: the server refuses one that is too late and says its own, one that is too early would lose to an older
     * press.
     */
    now(): number {
      return known ? Math.max(latest()!, known.server + Date.now() - known.wall) : Date.now()
    },
  }
}

/**
 * A page carries the time at which the server rendered it. The document that was just loaded was rendered when its
 * answer began; any other payload may have waited in a cache, and says only that the server's time is not earlier.
 */
export function notePage(clock: ServerClock, server: number): void {
  const latest = clock.latest()
  const [document] = performance.getEntriesByType?.('navigation') ?? []
  if (latest === undefined && document && isFromServer(document as PerformanceNavigationTiming)) {
    clock.note(server, PAGE_ERROR_MS, (document as PerformanceNavigationTiming).responseStart)
  } else if ((latest ?? Date.now()) < server) clock.note(server, PAGE_ERROR_MS)
}

/** A document out of a cache was rendered long before its answer began; a service worker may have one of its own. */
const isFromServer = ({ responseStart, transferSize, workerStart }: PerformanceNavigationTiming): boolean =>
  responseStart > 0 && transferSize > 0 && !workerStart
