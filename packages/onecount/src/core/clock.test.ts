import { describe, expect, it } from 'vitest'
import { createClock } from './clock'

describe('the clock', () => {
  it('counts whole microseconds since 1970', () => {
    expect(createClock(() => 1_795_000_000_000.25)()).toBe(1_795_000_000_000_250)
    expect(Math.abs(createClock()() / 1000 - Date.now())).toBeLessThan(1000)
  })

  it('never repeats a value, however fast it is asked', () => {
    const now = createClock(() => 5)
    expect([now(), now(), now()]).toEqual([5000, 5001, 5002])
  })

  it('hides a small step back of the wall clock, and follows it again later', () => {
    let wall = 10
    const now = createClock(() => wall)
    const first = now()
    wall = 3
    expect(now()).toBe(first + 1)
    wall = 11
    expect(now()).toBe(11_000)
  })

  it('follows a large step back at once: what it said before was wrong', () => {
    let wall = 3_600_000
    const now = createClock(() => wall)
    now()
    wall = 5
    expect([now(), now()]).toEqual([5000, 5001])
  })
})
