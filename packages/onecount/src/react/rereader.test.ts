import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Rereader } from './rereader'

const POSTS = Array.from({ length: 50 }, (_, i) => `post-${i}`)
const HALF = POSTS.slice(0, 25)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('looks once at the screen for an event, and reads in one request what can be seen', async () => {
  let looks = 0
  const asked: string[][] = []
  const rereader = new Rereader({
    read: async postIds => {
      asked.push(postIds)
      for (const postId of postIds)
        rereader.heard(postId, { rev: 2, liked: false, count: 1 }, performance.now())
    },
    onScreen: () => {
      looks++
      return new Set(HALF)
    },
    now: () => performance.now(),
    waitMs: () => 0,
  })
  for (const postId of POSTS) rereader.ask(postId, 2)
  expect(looks).toBe(POSTS.length)
  await vi.advanceTimersByTimeAsync(2000)
  expect(asked).toEqual([HALF])
})
