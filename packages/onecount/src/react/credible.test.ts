// @vitest-environment jsdom
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createServer, kept, manual, openTab, POST } from '../../test/support/react-pages'
import { hint } from './hint'
import { MAX_TIME, stampOp } from './numbers'
import type { LikeInput } from './registers'
import { shareBetweenTabs } from './tabs'

const YEAR_MS = 365 * 24 * 3600_000
const micros = (ms: number) => ms * 1000

/** What no server has said, each with a count that would be seen. */
const forged: [string, () => LikeInput][] = [
  ['a revision near the end of safe integers', () => ({ count: 9, rev: 4.6e15 })],
  ['a revision beyond all ops', () => ({ count: 9, rev: MAX_TIME + 1 })],
  ['a revision of the next hour', () => ({ count: 9, rev: micros(Date.now() + 3600_000) })],
  ['a revision of the next year', () => ({ count: 9, rev: micros(Date.now() + YEAR_MS) })],
  ['a revision that is a text', () => ({ count: 9, rev: '20' as unknown as number })],
  ['a revision that is no number', () => ({ count: 9, rev: Number.NaN })],
  ['a broken revision', () => ({ count: 9, rev: 20.5 })],
  ['a negative revision', () => ({ count: 9, rev: -20 })],
  ['a negative count', () => ({ count: -5, rev: 20 })],
  ['a broken count', () => ({ count: 9.5, rev: 20 })],
  ['a count that is not safe', () => ({ count: 2 ** 60, rev: 20 })],
  ['an endless count', () => ({ count: Number.POSITIVE_INFINITY, rev: 20 })],
  ['a count that is a text', () => ({ count: '9' as unknown as number, rev: 20 })],
]
const withOp: [string, () => LikeInput][] = [
  ...forged.map(([name, input]): [string, () => LikeInput] => [
    name,
    () => ({ ...input(), liked: true, op: null }),
  ]),
  [
    'an op of the next year',
    () => ({ count: 9, liked: true, rev: 20, op: 2 * micros(Date.now() + YEAR_MS) + 1 }),
  ],
  ['an op that is not safe', () => ({ count: 9, liked: true, rev: 20, op: 2 ** 60 })],
  ['a negative op', () => ({ count: 9, liked: true, rev: 20, op: -3 })],
  ['a heart that is a text', () => ({ count: 9, liked: 'yes' as unknown as boolean, rev: 20, op: null })],
]

beforeEach(() => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  localStorage.clear()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** The next press is one of this moment, and odd. */
function expectSoundPress({ store, writes }: ReturnType<typeof manual>) {
  store.post(POST).set(true)
  const { op } = writes.at(-1)!
  expect(Number.isSafeInteger(op)).toBe(true)
  expect(op % 2).toBe(1)
  expect(Math.abs(op / 2 / 1000 - Date.now())).toBeLessThan(60_000)
}

describe('a state that no server can have sent changes nothing', () => {
  it.each(forged)('in an event: %s', (_, input) => {
    const page = manual()
    const known = page.store.post(POST).entry()
    hint(page.store, POST, input())
    expect(page.store.post(POST).entry()).toBe(known)
    expectSoundPress(page)
  })

  it.each(withOp)('from another tab: %s', async (_, input) => {
    const page = manual()
    const known = page.store.post(POST).entry()
    const { leave } = shareBetweenTabs(page.store)
    const other = new BroadcastChannel('onecount')
    other.postMessage({ postId: POST, input: input() })
    other.postMessage({ postId: POST })
    other.postMessage(null)
    other.postMessage({ postId: POST, input: { count: 450, liked: false, rev: 19, op: null } })
    await expect.poll(() => page.store.post(POST).entry()?.countRev).toBe(19)
    expect(page.store.post(POST).entry()).toMatchObject({ count: 450, liked: known!.liked, op: known!.op })
    leave()
    other.close()
    expectSoundPress(page)
  })

  it.each(withOp)("in a page's payload: %s", (_, input) => {
    const page = manual()
    const known = page.store.post(POST).entry()
    page.store.post(POST).seed(input())
    expect(page.store.post(POST).entry()).toBe(known)
    expectSoundPress(page)
  })

  it.each(withOp)('in the first payload, which any answer beats: %s', (_, input) => {
    const { store } = manual()
    const first = store.post(POST).first(input())
    expect(first).toMatchObject({ countRev: 0, likedRev: 0, op: 0 })
    expect(first.count === null || first.count === 9).toBe(true)
  })

  it.each([forged[0]!, forged[1]!, ...forged.slice(4)])(
    'in an answer, and the number is the last known one: %s',
    (_, input) => {
      const page = manual()
      page.store.post(POST).receive({ ...input(), liked: true })
      expect(page.shown()).toMatchObject({ count: 446, liked: false, status: 'last-known' })
      expectSoundPress(page)
    },
  )

  it.each([2 * micros(Date.now() + YEAR_MS) + 1, 9_007_199_254_740_991, '9999999999999999', 0, 1])(
    'in the storage: the op %s is not sent, and the next press is sound',
    async op => {
      localStorage.setItem(`onecount:kept:${POST}`, `${op}|${Date.now()}`)
      const { server, transport } = createServer()
      server.redis.op = 4
      server.postgres.op = 4
      const { store, shown, close } = openTab({ server, transport })
      await vi.advanceTimersByTimeAsync(10_000)
      expect(server.writes).toEqual([])
      expect(shown()).toMatchObject({ count: 446, liked: false, status: 'exact' })
      expect(kept()).toEqual([])
      store.post(POST).set(true)
      await vi.advanceTimersByTimeAsync(100)
      expect(server.writes).toHaveLength(1)
      expect(Math.abs(server.writes[0]!.op / 2 / 1000 - Date.now())).toBeLessThan(60_000)
      expect(server.writes[0]!.op % 2).toBe(1)
      close()
    },
  )
})

describe('a server whose clock was set back', () => {
  it('goes on counting from its last revision, and is believed', () => {
    const { store, shown } = manual()
    const rev = micros(Date.now() + 3600_000)
    store.post(POST).receive({ count: 450, liked: true, rev, op: null, source: 'redis' })
    hint(store, POST, { count: 451, rev: rev + 1 })
    expect(shown()).toMatchObject({ count: 451, liked: true, status: 'exact' })
    // What only an event has said is no ground for the next one.
    hint(store, POST, { count: 452, rev: rev + 59_000_000 })
    hint(store, POST, { count: 9, rev: rev + 118_000_000 })
    expect(shown()).toMatchObject({ count: 452 })
  })
})

describe('the op of a press', () => {
  it('is safe and of the right parity whatever it has to be later than', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.double()), (liked, times) => {
        const op = stampOp(liked, ...times)
        expect(Number.isSafeInteger(op)).toBe(true)
        expect(op).toBeGreaterThan(1)
        expect(op % 2).toBe(Number(liked))
      }),
    )
  })
})
