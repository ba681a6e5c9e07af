import { createPgliteConnection } from '@supabase/lite/pglite'
import { createClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import WebSocket from 'ws'
import { type LocalSupabase, startSupabase } from '../services/supabase'
import { alone } from './alone'

const BEAR = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const ROUNDS = 12
/** They compile and fill a database as they start: long on a busy machine. */
const START_MS = 90_000
let supabase: LocalSupabase
let connection: Awaited<ReturnType<typeof createPgliteConnection>>

beforeAll(async () => {
  supabase = await startSupabase({ seed: true })
  connection = await createPgliteConnection({ url: 'memory://' })
}, START_MS)
afterAll(() => Promise.all([supabase.stop(), connection.close()]))

const connect = (key: string) =>
  createClient(supabase.url, key, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })

const post = (path: string, body: unknown, key: string, signal?: AbortSignal) =>
  fetch(supabase.url + path, {
    method: 'POST',
    headers: { apikey: key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  })

it('no request that fails takes along what another one has saved at the same time', async () => {
  const admin = connect(supabase.secretKey)
  const anon = connect(supabase.publishableKey)
  const [{ data: before }, { count: rowsBefore }] = await Promise.all([
    admin.from('posts_new').select('likes').eq('id', BEAR).single(),
    admin.from('post_ratings').select('*', { count: 'exact', head: true }).eq('post_id', BEAR),
  ])
  const saved: string[] = []
  const wrong: unknown[] = []
  await Promise.all(
    Array.from({ length: ROUNDS }, (_, i) => [
      admin
        .from('post_ratings')
        .insert({ post_id: BEAR, session_id: `s${i}` })
        .then(({ error }) => (error ? wrong.push(error) : saved.push(`s${i}`))),
      // The same row twice, a row without its post, a value of another type, a function that is not theirs.
      admin
        .from('post_ratings')
        .insert({ post_id: BEAR, session_id: 'seed-0001' })
        .then(({ error }) => error || wrong.push('a row twice')),
      admin.from('post_ratings').insert({ post_id: `${BEAR.slice(0, -4)}ffff`, session_id: `t${i}` }),
      admin.rpc('onecount_status', { p_partition: 'x' as unknown as number }),
      anon.rpc('onecount_status', { p_partition: 0 }).then(({ error }) => error || wrong.push('a function')),
      anon
        .from('post_ratings')
        .select('*')
        .then(({ data }) => data?.length && wrong.push(data)),
    ]).flat(),
  )
  expect(wrong).toEqual([])
  expect(saved).toHaveLength(ROUNDS)
  const { data: rows } = await admin
    .from('post_ratings')
    .select('session_id')
    .like('session_id', 's%')
    .not('session_id', 'like', 'seed%')
  expect(rows?.map(row => row.session_id).sort()).toEqual(saved.sort())
  const [{ data: after }, { count: rowsAfter }] = await Promise.all([
    admin.from('posts_new').select('likes').eq('id', BEAR).single(),
    admin.from('post_ratings').select('*', { count: 'exact', head: true }).eq('post_id', BEAR),
  ])
  expect(rowsAfter! - rowsBefore!).toBe(ROUNDS)
  expect(after!.likes - before!.likes).toBe(ROUNDS)
})

it('a client that leaves in the middle of a request affects no other', async () => {
  const gone = Array.from({ length: 30 }, async (_, i) => {
    const leave = new AbortController()
    const request = post(
      '/rest/v1/rpc/onecount_status',
      { p_partition: i % 2 ? 0 : 'x' },
      supabase.secretKey,
      leave.signal,
    )
    setTimeout(() => leave.abort(), i % 5)
    await request.catch(() => {})
  })
  await Promise.all(gone)
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      post('/rest/v1/rpc/onecount_status', { p_partition: 0 }, supabase.secretKey),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
})

it('a function whose arguments cannot be read leaves no transaction behind', async () => {
  for (const body of [
    { p_post_ids: ['x', 5, null] },
    { p_post_ids: 'no list' },
    { p_post_ids: { a: 1 } },
    { p_partition: null },
  ]) {
    await post('/rest/v1/rpc/onecount_snapshot', body, supabase.secretKey)
    await post('/rest/v1/rpc/onecount_status', body, supabase.secretKey)
    const { status } = await post('/rest/v1/rpc/onecount_status', { p_partition: 0 }, supabase.secretKey)
    expect(status).toBe(200)
  }
})

it('a transaction that a request leaves open or aborted ends with it, and requests do not share one', async () => {
  const { driver } = connection
  const answer = alone(() => driver.exec('rollback'))
  const work = (...statements: string[]) =>
    answer(async () => {
      for (const statement of statements) await driver.exec(statement)
      return new Response('done')
    })
  await work('create table seen (n int)')
  const outcomes = await Promise.allSettled([
    work('begin', 'select 1 / 0'),
    work('begin', 'insert into seen values (1)', 'commit'),
    work('begin', 'insert into seen values (2)'),
    work('begin', "select set_config('role', 'missing', true)"),
    work('insert into seen values (3)'),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect((await driver.query('select n from seen order by n')).rows).toEqual([{ n: 1 }, { n: 3 }])
})
