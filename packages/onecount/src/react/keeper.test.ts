// @vitest-environment jsdom
import { QueryClient } from '@tanstack/react-query'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KeptOps } from './kept-ops'
import type { LikeInput } from './registers'
import { shownLikes } from './shown'
import { LikesStore } from './store'
import { LikesRefused, type LikesTransport, LikesUnreachable } from './transport'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const LATENCY_MS = 20

/** One post on a server whose Redis may lose what Postgres does not hold yet. */
function createServer() {
  const redis = { op: 0, others: 446 }
  const postgres = { op: 0, others: 446 }
  let rev = 1
  const server = {
    isUp: true,
    /** The next answer is lost on its way. */
    losesReply: false,
    refusal: null as LikesRefused | null,
    isGone: false,
    writes: [] as { op: number; ack?: string }[],
    reads: 0,
    redis,
    postgres,
    drain: () => void Object.assign(postgres, redis),
    flush: () => {
      Object.assign(redis, postgres)
      rev += 1000
    },
    other: () => {
      redis.others++
      rev++
    },
    count: () => redis.others + (redis.op % 2),
    event: (): LikeInput => ({ count: server.count(), rev, source: 'redis' }),
    state: (): LikeInput & { op: number } => ({
      ...server.event(),
      liked: redis.op % 2 === 1,
      op: redis.op,
      durable: redis.op > 0 && redis.op <= postgres.op,
    }),
  }
  const reply = async <T>(answer: () => T): Promise<T> => {
    await new Promise(resolve => setTimeout(resolve, LATENCY_MS))
    if (!server.isUp) throw new LikesUnreachable('the server did not answer')
    if (server.refusal) throw server.refusal
    const value = answer()
    await new Promise(resolve => setTimeout(resolve, LATENCY_MS))
    if (!server.losesReply) return value
    server.losesReply = false
    throw new LikesUnreachable('the reply was lost')
  }
  const transport: LikesTransport = {
    read: () =>
      reply(() => {
        server.reads++
        return new Map(server.isGone ? [] : [[POST, server.state()]])
      }),
    write: (_, __, op, { ack } = {}) =>
      reply(() => {
        server.writes.push({ op, ack })
        if (op > redis.op) {
          if (op % 2 !== redis.op % 2) rev++
          redis.op = op
        }
        if (ack === 'postgres') server.drain()
        return server.state()
      }),
    now: () => Date.now() * 1000,
  }
  return { server, transport }
}

/** A page on it; tabs of one browser share the storage. */
function openTab({ server, transport }: Pick<ReturnType<typeof createServer>, 'server' | 'transport'>) {
  const store = new LikesStore(new QueryClient(), transport, new KeptOps())
  store.receive(POST, server.state())
  store.keeper.start()
  const shown = () => shownLikes(store.entry(POST), store.intent(POST), { error: store.refusal(POST) })
  return { store, shown, close: () => store.keeper.stop() }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const ANSWERED = 2 * LATENCY_MS
const CONFIRMED = 3000 + ANSWERED
const kept = () => new KeptOps().posts()

beforeEach(() => {
  vi.useFakeTimers()
  localStorage.clear()
})
afterEach(() => vi.useRealTimers())

describe('a press', () => {
  it('is kept until Postgres holds it', async () => {
    const { server, transport } = createServer()
    const { store } = openTab({ server, transport })
    store.press(POST, true)
    expect(kept()).toEqual([POST])
    await pass(ANSWERED)
    expect(kept()).toEqual([POST])
    server.drain()
    await pass(CONFIRMED)
    expect(kept()).toEqual([])
    expect(server.writes).toHaveLength(1)
  })

  it('is not asked after when its answer says that it is durable', async () => {
    const { server, transport } = createServer()
    const write: LikesTransport['write'] = (postId, liked, op) =>
      transport.write(postId, liked, op, { ack: 'postgres' })
    const { store } = openTab({ server, transport: { ...transport, write } })
    store.press(POST, true)
    await pass(ANSWERED)
    expect(kept()).toEqual([])
    await pass(120_000)
    expect(server.reads).toBe(0)
  })

  it('is asked after less and less often while Postgres is away', async () => {
    const { server, transport } = createServer()
    const { store } = openTab({ server, transport })
    store.press(POST, true)
    await pass(600_000)
    expect(server.reads).toBeGreaterThan(8)
    expect(server.reads).toBeLessThan(20)
    expect(server.writes).toHaveLength(1)
    server.drain()
    await pass(61_000)
    expect(kept()).toEqual([])
  })

  it('that Redis has lost is sent again, durable this time, and the number never goes back', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    store.press(POST, true)
    await pass(ANSWERED)
    expect(shown()).toMatchObject({ count: 447, status: 'exact' })
    server.flush()
    const seen = new Set<string>()
    const look = () => seen.add(`${shown().count} ${shown().status}`)
    store.queryClient.getQueryCache().subscribe(look)
    store.subscribe(POST, look)
    await pass(CONFIRMED + ANSWERED)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect([...seen].sort()).toEqual(['447 exact', '447 saving'])
    expect(server.writes).toEqual([
      { op: server.writes[0]!.op, ack: undefined },
      { op: server.writes[0]!.op, ack: 'postgres' },
    ])
    expect(server.postgres.op).toBe(server.writes[0]!.op)
    expect(kept()).toEqual([])
  })

  it('that was lost is noticed at once when a count comes that cannot be explained', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    store.press(POST, true)
    await pass(ANSWERED)
    server.flush()
    server.other()
    store.receive(POST, server.event())
    expect(shown().count).toBe(447)
    await pass(250 + 2 * ANSWERED)
    expect(shown()).toMatchObject({ count: 448, liked: true, status: 'exact' })
    expect(kept()).toEqual([])
  })

  it('that was lost is noticed when an answer from before the press says so too late', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    const asked = Date.now()
    store.press(POST, true)
    await pass(ANSWERED)
    server.flush()
    store.receive(POST, server.state(), asked)
    expect(shown()).toMatchObject({ count: 447, liked: true })
    await pass(250 + 2 * ANSWERED)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect(kept()).toEqual([])
  })

  it('does not hide that the server cannot be read', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    store.press(POST, true)
    await pass(ANSWERED)
    store.receive(POST, { count: null, liked: null, rev: 0, op: null, durable: null, source: 'unknown' })
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'last-known' })
  })

  it('that was sent by a page that is gone is looked after by the next one', async () => {
    const { server, transport } = createServer()
    const first = openTab({ server, transport })
    first.store.press(POST, true)
    await pass(ANSWERED)
    first.close()
    server.flush()
    const next = openTab({ server, transport })
    await pass(250 + 2 * ANSWERED)
    expect(next.shown()).toMatchObject({ count: 447, liked: true })
    expect(server.postgres.op).toBe(server.writes[0]!.op)
  })

  it('that could not be sent before the page was closed is sent by the next one', async () => {
    const { server, transport } = createServer()
    server.isUp = false
    const first = openTab({ server, transport })
    first.store.press(POST, true)
    await pass(ANSWERED)
    first.store.dismiss(POST)
    first.close()
    vi.clearAllTimers()
    server.isUp = true
    const next = openTab({ server, transport })
    await pass(250 + 2 * ANSWERED)
    expect(next.shown()).toMatchObject({ count: 447, liked: true, status: 'exact' })
    expect(kept()).toEqual([])
  })

  it('is taken back by a later one of another tab, which is the one that is kept', async () => {
    const { server, transport } = createServer()
    const one = openTab({ server, transport })
    one.store.press(POST, true)
    await pass(ANSWERED)
    const other = openTab({ server, transport })
    other.store.press(POST, false)
    await pass(ANSWERED)
    server.flush()
    await pass(CONFIRMED + ANSWERED)
    expect(server.postgres.op % 2).toBe(0)
    expect(one.shown().liked).toBe(false)
    expect(kept()).toEqual([])
  })

  it('that is refused is not kept', async () => {
    const { server, transport } = createServer()
    server.refusal = new LikesRefused('post_not_found', 'There is no such post.')
    const { store, shown } = openTab({ server, transport })
    store.press(POST, true)
    await pass(ANSWERED)
    expect(kept()).toEqual([])
    expect(shown()).toMatchObject({ count: 446, error: { code: 'post_not_found' } })
  })

  it('on a post that was removed is forgotten', async () => {
    const { server, transport } = createServer()
    const { store } = openTab({ server, transport })
    store.press(POST, true)
    await pass(ANSWERED)
    server.isGone = true
    await pass(CONFIRMED)
    expect(kept()).toEqual([])
  })

  it('that was lost waits when the server says that it is too much', async () => {
    const { server, transport } = createServer()
    const { store, shown } = openTab({ server, transport })
    store.press(POST, true)
    await pass(ANSWERED)
    server.flush()
    store.receive(POST, server.state(), Date.now() + 1)
    server.refusal = new LikesRefused('too_many_requests', 'Wait.', 5000)
    await pass(ANSWERED)
    expect(shown()).toMatchObject({ count: 447, liked: true, status: 'retrying', error: undefined })
    server.refusal = null
    await pass(5000 + ANSWERED)
    expect(shown()).toMatchObject({ count: 447, status: 'exact' })
  })
})

describe('kept ops', () => {
  it('are at most 200, the newest, and none is older than a day', async () => {
    const ops = new KeptOps()
    for (let n = 0; n < 250; n++) {
      await pass(10)
      ops.keep(`post-${n}`, 2 * n + 3)
    }
    expect(ops.posts()).toHaveLength(200)
    expect(ops.posts()[0]).toBe('post-50')
    expect(localStorage).toHaveLength(200)
    await pass(24 * 60 * 60_000)
    expect(ops.posts()).toEqual([])
    expect(localStorage).toHaveLength(0)
  })

  it('live as long as the page where the storage is forbidden or full', () => {
    const forbidden = new Proxy({} as Storage, {
      get() {
        throw new DOMException('no', 'SecurityError')
      },
    })
    for (const storage of [forbidden, null]) {
      const ops = new KeptOps(storage)
      ops.keep(POST, 3)
      expect(ops.get(POST)).toMatchObject({ op: 3 })
      ops.forget(POST, 2)
      expect(ops.posts()).toEqual([POST])
      ops.forget(POST, 3)
      expect(ops.posts()).toEqual([])
    }
  })

  it('do not believe what somebody else has written there', () => {
    for (const text of ['', 'x|y', '3', '{"op":3}', '99999999999999999999|1'])
      localStorage.setItem(`onecount:kept:${text}`, text)
    expect(new KeptOps().posts()).toEqual([])
    expect(localStorage).toHaveLength(0)
  })
})

describe('whatever a server loses, and whenever', () => {
  const step = fc.record({
    act: fc.constantFrom(
      ...([
        'press',
        'press',
        'event',
        'other',
        'drain',
        'flush',
        'flush',
        'lose',
        'down',
        'up',
        'reload',
      ] as const),
    ),
    tab: fc.nat(1),
    pause: fc.constantFrom(0, LATENCY_MS, LATENCY_MS + 1, ANSWERED, 300, 3100),
  })

  it('the last press is durable in the end, and a person never sees it undone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
        localStorage.clear()
        const { server, transport } = createServer()
        const tabs = [openTab({ server, transport }), openTab({ server, transport })]
        const wanted: (boolean | undefined)[] = [undefined, undefined]
        for (const { act, tab, pause } of steps) {
          const { store, shown } = tabs[tab]!
          if (act === 'press') {
            wanted[tab] = !shown().liked
            // Another tab may show the other's press from now on.
            wanted[1 - tab] = undefined
            store.press(POST, wanted[tab])
          } else if (act === 'reload') {
            tabs[tab]!.close()
            tabs[tab] = openTab({ server, transport })
            wanted[tab] = undefined
          } else if (act === 'event') for (const { store } of tabs) store.receive(POST, server.event())
          else if (act === 'lose') server.losesReply = true
          else if (act === 'down' || act === 'up') server.isUp = act === 'up'
          else server[act]()
          await pass(pause)
          tabs.forEach(({ shown }, i) => {
            if (wanted[i] !== undefined) expect(shown().liked).toBe(wanted[i])
          })
        }
        server.isUp = true
        server.losesReply = false
        const last = Math.max(
          0,
          ...server.writes.map(({ op }) => op),
          ...[POST].map(id => new KeptOps().get(id)?.op ?? 0),
        )
        await pass(200_000)
        server.drain()
        await pass(200_000)
        expect(kept()).toEqual([])
        expect(server.postgres.op).toBe(last)
        for (const { store, shown, close } of tabs) {
          store.receive(POST, server.state())
          expect(shown()).toMatchObject({ count: server.count(), liked: last % 2 === 1, status: 'exact' })
          close()
        }
      }),
      { numRuns: 300 },
    )
  }, 60_000)
})
