import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createServerClock, notePage } from './server-clock'

const YEAR_MS = 365 * 24 * 3600_000
const SERVER = Date.UTC(2026, 10, 25)

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A document whose answer began `ago` ms ago, out of a cache or not. */
function loaded(ago: number, transferSize = 5000, workerStart = 0) {
  const responseStart = performance.now() - ago
  const entry = { responseStart, transferSize, workerStart } as PerformanceNavigationTiming
  vi.spyOn(performance, 'getEntriesByType').mockReturnValue([entry])
}

describe("the server's time", () => {
  it.each([-YEAR_MS, YEAR_MS, 0])('is known on a device that is %d ms off', offset => {
    vi.setSystemTime(SERVER + offset)
    const clock = createServerClock()
    expect(clock.latest()).toBeUndefined()
    clock.note(SERVER, 20)
    vi.advanceTimersByTime(5000)
    expect(clock.now()).toBe(SERVER + 5000)
    expect(clock.latest()).toBe(SERVER + 5000)
  })

  it('stays when the clock of the device is set back; set forward, it follows the device until the server tells its time', () => {
    vi.setSystemTime(SERVER)
    const clock = createServerClock()
    clock.note(SERVER, 20)
    vi.setSystemTime(SERVER - YEAR_MS)
    vi.advanceTimersByTime(1000)
    expect(clock.now()).toBe(SERVER + 1000)
    vi.setSystemTime(SERVER + YEAR_MS)
    expect(clock.now()).toBe(SERVER + YEAR_MS)
    expect(clock.latest()).toBe(SERVER + 1000)
    clock.note(SERVER + 1000, 20)
    expect(clock.now()).toBe(SERVER + 1000)
  })

  it('is that of the better sample where two agree, and of the newer one where they do not', () => {
    const clock = createServerClock()
    clock.note(SERVER, 10)
    clock.note(SERVER + 400, 500)
    expect(clock.now()).toBe(SERVER)
    clock.note(SERVER + 9000, 500)
    expect(clock.now()).toBe(SERVER + 9000)
    clock.note(SERVER + 8900, 10)
    expect(clock.now()).toBe(SERVER + 8900)
  })

  it.each([-YEAR_MS, YEAR_MS])(
    'is told by the document, before any answer, to a device %d ms off',
    offset => {
      vi.setSystemTime(SERVER + offset)
      vi.advanceTimersByTime(2000)
      loaded(700)
      const clock = createServerClock()
      notePage(clock, SERVER)
      expect(clock.now()).toBe(SERVER + 700)
    },
  )

  it('is not set back by a payload that has waited in a cache', () => {
    vi.setSystemTime(SERVER)
    const clock = createServerClock()
    clock.note(SERVER, 500)
    loaded(0)
    notePage(clock, SERVER - 60_000)
    expect(clock.now()).toBe(SERVER)
    for (const [transferSize, workerStart] of [
      [0, 0],
      [5000, 12],
    ]) {
      const reopened = createServerClock()
      loaded(0, transferSize, workerStart)
      notePage(reopened, SERVER - 60_000)
      expect(reopened.now()).toBe(SERVER)
      expect(reopened.latest()).toBeUndefined()
    }
  })

  it('is not earlier than that of any payload', () => {
    vi.setSystemTime(SERVER - YEAR_MS)
    loaded(0, 0)
    const clock = createServerClock()
    notePage(clock, SERVER)
    expect(clock.now()).toBe(SERVER)
    notePage(clock, SERVER + 60_000)
    expect(clock.now()).toBe(SERVER + 60_000)
  })
})
