import { expect, test } from 'vitest'
import { likesOf } from './likes'

const pairs = (load: number, count: number) =>
  likesOf(load, count).map(({ post, session }) => `${post}|${session}`)

test('a load has the same likes wherever it is made', () => {
  expect(likesOf(3, 1000)).toEqual(likesOf(3, 1000))
})

test('a load has every pair once', () => {
  expect(new Set(pairs(1, 20_000)).size).toBe(20_000)
})

test('loads share no session', () => {
  const sessions = (load: number) => new Set(likesOf(load, 5000).map(({ session }) => session))
  const first = sessions(1)
  expect([...sessions(2)].some(session => first.has(session))).toBe(false)
})
