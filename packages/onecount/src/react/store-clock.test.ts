// @vitest-environment jsdom
import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Answer, kept, manual, POST } from '../../test/support/react-pages'
import { hint } from './hint'
import { createKeptOps } from './kept-ops'
import { keptPosts } from './kept-posts'
import { createServerClock } from './server-clock'
import { shownLikes } from './shown'
import { LikesStore } from './store'
import { LikesRefused, type LikesTransport, LikesUnreachable } from './transport'

const YEAR_MS = 365 * 24 * 3600_000
const SERVER = Date.UTC(2026, 10, 25)
const AHEAD_MICROS = 5_000_000
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
})
afterEach(() => vi.useRealTimers())

/** A server with a clock of its own, which refuses an op that is ahead of everything it knows, and a browser. */
function world(offset: number) {
  vi.setSystemTime(SERVER + offset)
  const start = performance.now()
  const now = () => SERVER + performance.now() - start
  const pair = { op: 0, others: 446, rev: 1 }
  const server = {
    now,
    pair,
    isUp: true,
    refused: 0,
    writes: [] as number[],
    state: (): Answer => ({
      count: pair.others + (pair.op % 2),
      liked: pair.op % 2 === 1,
      rev: pair.rev,
      op: (pair.op || null) as number,
      durable: true,
      source: 'redis',
    }),
    /** Of another device of the session, whose clock is right. */
    press: (liked: boolean) => server.take(2 * Math.round(now() * 1000) + Number(liked)),
    take: (op: number) => {
      if (op <= pair.op) return
      if (op % 2 !== pair.op % 2) pair.rev = Math.max(pair.rev + 1, Math.round(now() * 1000))
      pair.op = op
    },
  }
  const clock = createServerClock()
  const answer = <T>(value: T): T => {
    clock.note(now(), 10)
    return value
  }
  const transport: LikesTransport = {
    clock,
    now: () => Math.round(clock.now() * 1000),
    read: async () => {
      if (!server.isUp) throw new LikesUnreachable('no answer')
      return answer(new Map([[POST, server.state()]]))
    },
    write: async (_, __, op) => {
      if (!server.isUp) throw new LikesUnreachable('no answer')
      if (Math.floor(op / 2) > Math.max(now() * 1000, Math.floor(pair.op / 2), pair.rev) + AHEAD_MICROS) {
        server.refused++
        throw answer(new LikesRefused('op_ahead', 'The op lies in the future.', undefined, Math.round(now())))
      }
      server.writes.push(op)
      server.take(op)
      return answer(server.state())
    },
  }
  const open = () => {
    const store = new LikesStore(new QueryClient(), transport)
    store.post(POST).receive(server.state())
    const close = store.start()
    const shown = () =>
      shownLikes(store.post(POST).entry(), store.post(POST).intent(), { error: store.post(POST).refusal() })
    return { store, shown, close }
  }
  return { server, clock, transport, open }
}

describe.each([-YEAR_MS, YEAR_MS, -3600_000, 3600_000])('on a device whose clock is %d ms off', offset => {
  it.each([true, false])(
    'press, undo and press count, the time of the server known before: %s',
    async isKnown => {
      const { server, clock, open } = world(offset)
      if (isKnown) clock.note(server.now(), 10)
      const { store, shown, close } = open()
      for (const liked of [true, false, true]) {
        store.post(POST).set(liked)
        expect(shown()).toMatchObject({ count: 446 + Number(liked), liked, status: 'saving' })
        await pass(100)
        expect(shown()).toMatchObject({
          count: 446 + Number(liked),
          liked,
          status: 'exact',
          error: undefined,
        })
        expect(server.pair.op % 2).toBe(Number(liked))
      }
      expect(server.refused).toBe(!isKnown && offset > 0 ? 1 : 0)
      await pass(10_000)
      expect(server.writes).toHaveLength(3)
      expect(kept()).toEqual([])
      close()
    },
  )

  it('an undo of another device is not undone by a press that is sent again', async () => {
    const { server, clock, open } = world(offset)
    clock.note(server.now(), 10)
    const first = open()
    server.isUp = false
    first.store.post(POST).set(true)
    await pass(60_000)
    first.close()
    vi.clearAllTimers()
    server.isUp = true
    server.press(true)
    await pass(1)
    server.press(false)
    await pass(1000)
    const { shown, close } = open()
    await pass(10_000)
    expect(shown()).toMatchObject({ count: 446, liked: false, status: 'exact' })
    expect(server.pair.op % 2).toBe(0)
    close()
  })
})

describe('a press that the server refuses for its time', () => {
  it('is stamped anew once, with the moment in which it was made: a later press elsewhere stands', async () => {
    const { server, open } = world(YEAR_MS)
    const { store, shown, close } = open()
    server.isUp = false
    // The clock is set after the page has learnt the time, and the page is offline.
    vi.setSystemTime(Date.now() + YEAR_MS)
    store.post(POST).set(true)
    await pass(30_000)
    server.press(true)
    await pass(1000)
    server.press(false)
    server.isUp = true
    store.retryAll()
    await pass(1000)
    expect(server.refused).toBe(1)
    expect(shown()).toMatchObject({ count: 446, liked: false, status: 'exact', error: undefined })
    close()
  })

  it('twice is refused, and the person is told', async () => {
    const { store, writes, shown } = manual()
    store.post(POST).set(true)
    const refusal = () =>
      new LikesRefused('op_ahead', 'The op lies in the future.', undefined, Date.now() - YEAR_MS)
    writes[0]!.fail(refusal())
    await pass(0)
    expect(writes).toHaveLength(2)
    expect(writes[1]).toMatchObject({ liked: true })
    expect(Math.abs(writes[1]!.op / 2 / 1000 - (Date.now() - YEAR_MS))).toBeLessThan(1000)
    expect(writes[1]!.op % 2).toBe(1)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'saving' })
    writes[1]!.fail(refusal())
    await pass(0)
    expect(writes).toHaveLength(2)
    expect(shown()).toMatchObject({ count: 446, liked: false, error: { code: 'op_ahead' } })
    store.post(POST).set(true)
    writes[2]!.fail(refusal())
    await pass(0)
    expect(writes).toHaveLength(4)
  })

  it('because of a revision that the page believed asks the server which is the newest', async () => {
    const { server, clock, open } = world(0)
    clock.note(server.now(), 10)
    const { store, shown, close } = open()
    hint(store, POST, { count: 450, rev: Math.round(server.now() * 1000) + 50_000_000 })
    store.post(POST).set(true)
    await pass(100)
    expect(server.refused).toBe(1)
    expect(Math.floor(server.pair.op / 2)).toBeLessThanOrEqual(server.now() * 1000)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    close()
  })

  it('beats an op that a server accepted while its clock was ahead', async () => {
    const { server, open } = world(YEAR_MS)
    server.pair.op = 2 * (SERVER + 3600_000) * 1000 + 1
    server.pair.rev = (SERVER + 3600_000) * 1000
    const { store, shown, close } = open()
    store.post(POST).set(false)
    await pass(100)
    expect(server.refused).toBe(1)
    expect(shown()).toMatchObject({ count: 446, liked: false, status: 'exact' })
    close()
  })
})

describe('a press that a storage keeps from a wrong clock', () => {
  it.each([true, false])('counts only where the session has not pressed otherwise: %s', async hasPressed => {
    const { server, clock, open } = world(0)
    clock.note(server.now(), 10)
    if (hasPressed) {
      server.press(true)
      await pass(1)
      server.press(false)
    }
    const op = 2 * (SERVER + YEAR_MS) * 1000 + 1
    localStorage.setItem(`onecount:kept:${POST}`, `${op}|${SERVER}`)
    const { shown, close } = open()
    await pass(10_000)
    expect(shown().liked).toBe(!hasPressed)
    expect(server.pair.op % 2).toBe(Number(!hasPressed))
    expect(server.pair.op / 2 / 1000).toBeLessThanOrEqual(server.now())
    expect(kept()).toEqual([])
    close()
  })

  it('is not judged by an unknown clock: a device years behind sends the press that it kept', async () => {
    const { server, open } = world(-YEAR_MS)
    localStorage.setItem(`onecount:kept:${POST}`, `${2 * SERVER * 1000 + 1}|${SERVER}`)
    const { shown, close } = open()
    await pass(10_000)
    expect(server.writes).toEqual([2 * SERVER * 1000 + 1])
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    close()
  })

  it('is given up by its age on the server, not on the device', async () => {
    const ops = (now: number) => createKeptOps(undefined, () => now)
    ops(SERVER).set(POST, 2 * SERVER * 1000 + 1)
    vi.setSystemTime(SERVER + YEAR_MS)
    expect(keptPosts(ops(SERVER + 3600_000))).toEqual([POST])
    expect(keptPosts(ops(SERVER + 25 * 3600_000))).toEqual([])
  })

  it('is not kept where the server has stored another op in its place', async () => {
    const { store, writes } = manual()
    store.post(POST).set(true)
    const op = writes[0]!.op - 2_000_000
    writes[0]!.answer({ count: 447, liked: true, rev: 2, op, durable: false, source: 'redis' })
    await pass(0)
    expect(createKeptOps().get(POST)).toBe(op)
    store
      .post(POST)
      .receive({ count: 446, liked: false, rev: 3, op: op + 1, source: 'redis' }, Date.now() + 1)
    expect(writes).toHaveLength(1)
  })
})

describe('a clock that is set while the page is open', () => {
  it.each([-YEAR_MS, YEAR_MS])('by %d ms stops neither the keeper nor what it keeps', async step => {
    const { server, open } = world(0)
    const { store, shown, close } = open()
    const durable = server.state
    server.state = () => ({ ...durable(), durable: false })
    store.post(POST).set(true)
    await pass(100)
    vi.setSystemTime(Date.now() + step)
    const read = vi.spyOn(store.transport, 'read')
    store.caretaker!.keeper.askSoon()
    await pass(1000)
    expect(read).toHaveBeenCalled()
    expect(createKeptOps().get(POST)).toBeGreaterThan(0)
    store.post(POST).set(false)
    server.state = durable
    await pass(20_000)
    expect(shown()).toMatchObject({ count: 446, liked: false, status: 'exact' })
    expect(server.pair.op % 2).toBe(0)
    expect(server.pair.op / 2 / 1000).toBeLessThanOrEqual(server.now())
    close()
  })
})
