import { FaultProxy } from '@onecount/dev-stack/fault-proxy'
import { type LocalSupabase, startSupabase } from '@onecount/dev-stack/supabase'
import { createClient, type RealtimeChannel, type SupabaseClient } from '@supabase/supabase-js'
import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { type ToldLikes, topicOf } from 'onecount'
import { supabaseBroadcast } from 'onecount/supabase'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'
import { followBroadcasts } from '../src/react/follow-broadcasts'
import { later } from '../src/react/later'
import { EMPTY_ENTRY, type LikeInput } from '../src/react/registers'
import { LikesStore } from '../src/react/store'
import type { LikesTransport } from '../src/react/transport'

/** Supabase compiles and migrates a database as it starts: long on a busy machine. */
const START_MS = 120_000
const BEAR = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const OTHER = '50050001-aaaa-bbbb-cccc-ddddeeee0002'
const HEARTBEAT_MS = 300
const MERGED = { ...EMPTY_ENTRY }

let supabase: LocalSupabase
/** Between the pages and Realtime. */
let link: FaultProxy
const closing: (() => unknown)[] = []

beforeAll(async () => {
  supabase = await startSupabase()
  link = await FaultProxy.to(Number(new URL(supabase.url).port), null)
  await new Promise<unknown>(later)
}, START_MS)
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  vi.restoreAllMocks()
})
afterAll(async () => {
  await link?.close()
  await supabase?.stop()
})

const connect = (key: string, url = supabase.url): SupabaseClient => {
  const client = createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: {
      transport: WebSocket as unknown as typeof globalThis.WebSocket,
      heartbeatIntervalMs: HEARTBEAT_MS,
      reconnectAfterMs: () => 50,
    },
  })
  closing.push(() => client.removeAllChannels())
  return client
}

const now = () => Date.now() * 1000
const tell = (...likes: ToldLikes[]) =>
  supabaseBroadcast(connect(supabase.secretKey)).send(topicOf('like', likes[0]![0]), likes)

/** A page of a store without React, which follows broadcasts. */
function openPage(kind = 'like') {
  const server = { count: 446, reads: [] as string[][] }
  const queryClient = new QueryClient()
  const transport: LikesTransport = {
    async read(postIds) {
      server.reads.push(postIds)
      const { count } = server
      const state: LikeInput = { count, liked: false, rev: now(), op: 0, source: 'redis' }
      return new Map(postIds.map(postId => [postId, state]))
    },
    write: () => Promise.reject(new Error('no test of this file presses')),
    now,
  }
  const store = new LikesStore(queryClient, transport, kind)
  const client = connect(supabase.publishableKey, `http://127.0.0.1:${link.port}`)
  const rows = { followed: 0 }
  let hasJoined = false
  const leave = followBroadcasts(
    store,
    client,
    joined => {
      hasJoined = joined
    },
    () => {
      rows.followed++
      return () => rows.followed--
    },
  )
  closing.push(leave)
  return {
    server,
    store,
    rows,
    leave,
    hasJoined: () => hasJoined,
    topics: () => client.getChannels().map((channel: RealtimeChannel) => channel.subTopic),
    count: (postId = BEAR) => store.post(postId).entry()?.count,
    /** A view of a post; answers what takes it away. */
    show(postId = BEAR): () => void {
      const post = store.post(postId)
      const observer = new QueryObserver(queryClient, {
        queryKey: post.queryKey,
        queryFn: async () => {
          await post.read()
          return MERGED
        },
        // As `useLikes` has it: the read has merged what it was answered.
        structuralSharing: (known, next) => (next === MERGED && known ? known : next),
      })
      const hide = observer.subscribe(() => {})
      closing.push(hide)
      return hide
    },
  }
}

describe('a page that follows broadcasts', () => {
  it('joins the topics of the posts on screen, and applies greater revisions', async () => {
    const page = openPage()
    expect(page.topics()).toEqual([])
    page.show()
    await expect.poll(page.count).toBe(446)
    await expect.poll(page.topics).toEqual([topicOf('like', BEAR)])
    await expect.poll(page.hasJoined).toBe(true)
    // The read that follows a join.
    await expect.poll(() => page.server.reads.length).toBe(2)
    const rev = now()
    await tell([BEAR, 450, rev], [OTHER, 3, rev])
    await expect.poll(page.count).toBe(450)
    expect(page.store.posts.has(OTHER)).toBe(false)
    await tell([BEAR, 440, rev - 1000])
    await tell([BEAR, 451, now()])
    await expect.poll(page.count).toBe(451)
  })

  it('reads counts that changed before it had joined', async () => {
    const page = openPage()
    page.show()
    await expect.poll(page.count).toBe(446)
    page.server.count = 460
    await expect.poll(page.hasJoined).toBe(true)
    await expect.poll(page.count).toBe(460)
  })

  it('leaves a topic when nothing of it was on screen for half a minute, and joins it again', async () => {
    const page = openPage()
    const hide = page.show()
    await expect.poll(page.hasJoined).toBe(true)
    hide()
    vi.spyOn(page.store.clock, 'now').mockReturnValue(page.store.clock.now() + 31_000)
    await expect.poll(page.topics, { timeout: 3000 }).toEqual([])
    page.show()
    await expect.poll(page.topics, { timeout: 3000 }).toEqual([topicOf('like', BEAR)])
  })

  it('finds that a socket has gone silent, joins again and reads the posts on screen', async () => {
    const page = openPage()
    page.show()
    await expect.poll(page.hasJoined).toBe(true)
    await expect.poll(() => page.server.reads.length).toBe(2)
    link.silence()
    await expect.poll(page.hasJoined, { timeout: 5000 }).toBe(false)
    page.server.count = 470
    await expect.poll(page.hasJoined, { timeout: 5000 }).toBe(true)
    await expect.poll(page.count, { timeout: 7000 }).toBe(470)
    await tell([BEAR, 471, now() + 1000])
    await expect.poll(page.count).toBe(471)
    expect(page.rows.followed).toBe(0)
  }, 20_000)

  it('follows the rows where it may not join, and tries again after some minutes', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    // No policy lets it hear of this kind.
    const page = openPage('bookmark')
    page.show()
    await expect.poll(() => page.rows.followed).toBe(1)
    await expect.poll(page.topics).toEqual([])
    const [again] = timers.mock.calls.find(([, ms = 0]) => ms >= 240_000 && ms <= 360_000)!
    again()
    expect(page.rows.followed).toBe(0)
    expect(page.topics()).toEqual([topicOf('bookmark', BEAR)])
    await expect.poll(() => page.rows.followed).toBe(1)
    page.leave()
    expect(page.rows.followed).toBe(0)
  })

  it('waits for a Realtime that is away, and follows no rows instead', async () => {
    link.cut()
    const page = openPage()
    page.show()
    await expect.poll(page.topics).toEqual([topicOf('like', BEAR)])
    link.heal()
    await expect.poll(page.hasJoined, { timeout: 15_000 }).toBe(true)
    expect(page.rows.followed).toBe(0)
  }, 20_000)
})
