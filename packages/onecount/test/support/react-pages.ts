import { QueryClient } from '@tanstack/react-query'
import { createKeptOps } from '../../src/react/kept-ops'
import { keptPosts } from '../../src/react/kept-posts'
import { later } from '../../src/react/later'
import { type LikeInput, likesKey, mergeLikes } from '../../src/react/registers'
import { shownLikes } from '../../src/react/shown'
import { LikesStore } from '../../src/react/store'
import { type LikesRefused, type LikesTransport, LikesUnreachable } from '../../src/react/transport'

// The rest of a page has been loaded, as some moments after its first paint.
await new Promise(later)

export const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
export type Answer = LikeInput & { op: number }
/** What a server says that knows nothing. */
export const UNKNOWN: LikeInput = { count: null, liked: null, rev: 0, op: null, source: 'unknown' }

/** How long a message takes in one direction, milliseconds. */
export const LATENCY_MS = 20
export const ANSWERED = 2 * LATENCY_MS
/** Until the keeper has its first answer. */
export const CONFIRMED = 3000 + ANSWERED

/** Posts with a press that is kept in this browser. */
export const kept = () => keptPosts(createKeptOps())

/** One post on a server whose Redis may lose what Postgres does not hold yet. */
export function createServer() {
  const redis = { op: 0, others: 446 }
  const postgres = { op: 0, others: 446 }
  let rev = 1
  const server = {
    isUp: true,
    /** The next answer is lost on its way. */
    losesReply: false,
    /** Of every press. */
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
    state: (): Answer => ({
      ...server.event(),
      liked: redis.op % 2 === 1,
      op: redis.op,
      durable: redis.op > 0 && redis.op <= postgres.op,
    }),
  }
  const reply = async <T>(answer: () => T): Promise<T> => {
    await new Promise(resolve => setTimeout(resolve, LATENCY_MS))
    if (!server.isUp) throw new LikesUnreachable('the server did not answer')
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
        if (server.refusal) throw server.refusal
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

type Served = ReturnType<typeof createServer>

/** A page on it that has read the post; tabs of one browser share the storage. */
export function openTab({ server, transport }: Served) {
  const tab = tabOn(transport)
  tab.store.post(POST).receive(server.state())
  tab.start()
  return tab
}

/** A page on it that a server has rendered with `payload`, as `useLikes` opens it. */
export function openPage({ transport }: Served, payload: LikeInput) {
  const tab = tabOn(transport)
  tab.store.queryClient.setQueryData(likesKey(POST), mergeLikes(undefined, payload, Date.now()))
  tab.store.post(POST).seed(payload)
  tab.start()
  return tab
}

function tabOn(transport: LikesTransport) {
  const store = new LikesStore(new QueryClient(), transport)
  const shown = () =>
    shownLikes(store.post(POST).entry(), store.post(POST).intent(), { error: store.post(POST).refusal() })
  let stop = () => {}
  const start = () => {
    stop = store.start()
  }
  return { store, shown, start, close: () => stop() }
}

/** A page whose presses the test answers, in the order that it likes; reads are answered with what `served` holds. */
export function manual() {
  const writes: {
    liked: boolean
    op: number
    ack?: string
    answer(a: Answer): void
    fail(e: Error): void
  }[] = []
  const served = { state: { count: 446, liked: false, rev: 1, source: 'redis' } as LikeInput, reads: 0 }
  const { store, shown } = tabOn({
    read: async ids => {
      served.reads++
      return new Map(ids.map(id => [id, served.state]))
    },
    write: (_, liked, op, { ack } = {}) =>
      new Promise((answer, fail) => writes.push({ liked, op, ack, answer, fail })),
    now: () => Date.now() * 1000,
  })
  store.post(POST).receive(served.state)
  return { store, writes, served, shown }
}
