import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSteadyClock } from './steady-clock'

const YEAR_MS = 365 * 24 * 3600_000

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

describe('the clock of ages', () => {
  it('goes on when the clock of the device is set back, and tells times as that counts today', () => {
    const clock = createSteadyClock()
    const first = clock.now()
    expect(first).toBe(Date.now())
    vi.advanceTimersByTime(1000)
    vi.setSystemTime(Date.now() - YEAR_MS)
    vi.advanceTimersByTime(1000)
    expect(clock.now() - first).toBe(2000)
    expect(clock.toWall(clock.now())).toBe(Date.now())
    expect(clock.toWall(first)).toBe(Date.now() - 2000)
  })

  it('takes a step forward for time that has passed: a device that slept makes the same one', () => {
    const clock = createSteadyClock()
    const first = clock.now()
    vi.setSystemTime(Date.now() + 60_000)
    expect(clock.now() - first).toBe(60_000)
    expect(clock.toWall(first)).toBe(first)
  })
})
