import { createClient } from '@supabase/supabase-js'
import { supabasePort } from 'onecount/postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { awakeNow } from '../awake'
import { type LocalSupabase, startSupabase } from './supabase'

const BEAR = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
/** It compiles and fills a database as it starts: long on a busy machine. */
const START_MS = 90_000
let supabase: LocalSupabase

const connect = (key: string) =>
  createClient(supabase.url, key, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })

async function expectWithinASecond(read: () => unknown, expected: unknown): Promise<void> {
  const began = awakeNow()
  await expect.poll(read, { interval: 10 }).toEqual(expected)
  expect(awakeNow() - began).toBeLessThan(1000)
}

beforeAll(async () => {
  supabase = await startSupabase({ seed: true })
}, START_MS)
afterAll(() => supabase.stop())

describe('the local Supabase', () => {
  it('lets the publishable key read posts and authors, and nothing else', async () => {
    const anon = connect(supabase.publishableKey)
    const { data } = await anon
      .from('posts_new')
      .select('caption, likes, author:profiles(username)')
      .eq('id', BEAR)
    expect(data).toEqual([
      { caption: 'Oso polar en su habitat natural', likes: 446, author: { username: 'lucia_nature' } },
    ])
    expect((await anon.from('post_ratings').select('*')).data ?? []).toEqual([])
    await anon.from('posts_new').update({ likes: 9999 }).eq('id', BEAR)
    expect((await anon.from('posts_new').select('likes').eq('id', BEAR)).data).toEqual([{ likes: 446 }])
    expect((await anon.rpc('onecount_status', { p_partition: 0 })).error).not.toBeNull()
  })

  it('answers the engine through the official client, odd characters included', async () => {
    const postgres = supabasePort(connect(supabase.secretKey))
    const session = 'a"b,{c}\\d'
    const press = { postId: BEAR, sessionId: session, op: 3590930785350001, liked: true }
    const state = { postId: BEAR, count: 447, rev: 1795465392670000, liked: true, op: press.op }
    const batch = { partition: 0, nonce: 'n', entries: [], limit: 10 }
    const rejected = await postgres.sync({ ...batch, parent: '' })
    if (rejected.status !== 'rejected') throw new Error(`${rejected.status} without a parent`)
    expect(await postgres.write([press], state.rev)).toEqual([{ status: 'applied', state }])
    expect(await postgres.sync({ ...batch, parent: rejected.receipt })).toMatchObject({
      status: 'applied',
      rows: [{ postId: BEAR, sessionId: session, op: press.op }],
      posts: [{ postId: BEAR, likes: 447 }],
    })
    const query = { partition: 0, postIds: [BEAR], sessionId: session, pairs: [BEAR], most: 100 }
    expect(await postgres.snapshot(query)).toEqual({
      receipt: expect.stringMatching(/^n\//),
      posts: [{ postId: BEAR, likes: 447, rev: state.rev }],
      session: { extent: 'all', ops: [{ postId: BEAR, op: press.op }] },
    })
    await postgres.write([{ ...press, op: press.op + 1, liked: false }], 1795465392670001)
  })

  it(
    'tells a subscriber of a changed count within a second, and again after a restart',
    async () => {
      const anon = connect(supabase.publishableKey)
      const admin = connect(supabase.secretKey)
      const heard: number[] = []
      let subscriptions = 0
      anon
        .channel('counts')
        .on(
          'postgres_changes',
          { event: 'UPDATE', schema: 'public', table: 'posts_new', filter: `id=eq.${BEAR}` },
          change => heard.push(change.new.likes),
        )
        .subscribe(status => {
          if (status === 'SUBSCRIBED') subscriptions++
        })
      await expect.poll(() => subscriptions).toBe(1)
      await admin.from('posts_new').update({ likes: 500 }).eq('id', BEAR)
      await expectWithinASecond(() => heard, [500])
      await admin.from('posts_new').update({ likes: 446 }).eq('id', BEAR)
      await expectWithinASecond(() => heard, [500, 446])

      const port = Number(new URL(supabase.url).port)
      await supabase.kill()
      supabase = await startSupabase({ seed: true, port })
      await expect.poll(() => subscriptions).toBe(2)
      await connect(supabase.secretKey).from('posts_new').update({ likes: 501 }).eq('id', BEAR)
      await expectWithinASecond(() => heard.at(-1), 501)
      await anon.removeAllChannels()
    },
    START_MS,
  )

  it('carries broadcasts from a client and from the server to the others', async () => {
    const [a, b] = [connect(supabase.publishableKey), connect(supabase.publishableKey)]
    const heard: unknown[] = []
    const join = (client: typeof a) =>
      new Promise<ReturnType<typeof a.channel>>(resolve => {
        const channel = client.channel('room')
        channel
          .on('broadcast', { event: 'likes' }, ({ payload }) => heard.push(payload))
          .subscribe(status => status === 'SUBSCRIBED' && resolve(channel))
      })
    const [from] = await Promise.all([join(a), join(b)])
    await from.send({ type: 'broadcast', event: 'likes', payload: { count: 1 } })
    await expect.poll(() => heard, { timeout: 2000 }).toEqual([{ count: 1 }])
    const answer = await fetch(`${supabase.url}/realtime/v1/api/broadcast`, {
      method: 'POST',
      headers: { apikey: supabase.secretKey, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ topic: 'room', event: 'likes', payload: { count: 2 } }] }),
    })
    expect(answer.status).toBe(202)
    await expect.poll(() => heard, { timeout: 2000 }).toEqual([{ count: 1 }, { count: 2 }, { count: 2 }])
    await Promise.all([a.removeAllChannels(), b.removeAllChannels()])
  })
})
