import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createLikes } from './create-likes'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('a server that subscribes, as the stores of Svelte do, is told once and asks nothing', async () => {
  let asked = 0
  const refuse = () => {
    asked++
    return Promise.reject(new Error('a server has nothing to ask'))
  }
  const likes = createLikes({ transport: { read: refuse, write: refuse, now: () => 0 } })
  const seed = { count: 446, liked: true, rev: 1 }
  const seen: unknown[] = []
  const leave = likes.observe('a', { seed }).subscribe(({ count, liked }) => seen.push({ count, liked }))
  // Reads of a page wait for each other a moment, and are tried again.
  await vi.advanceTimersByTimeAsync(60_000)
  leave()
  expect(seen).toEqual([{ count: 446, liked: true }])
  expect(asked).toBe(0)
})
