import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startSupabase } from '@onecount/dev-stack/supabase'
import { createClient } from '@supabase/supabase-js'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import WebSocket from 'ws'
import { behind } from './content-rows'

const POSTS = 10_000
const PAGE = 61
const AUTHOR = '00000010-aaaa-bbbb-cccc-000000000000'
/** In the middle of all, which one person has posted. */
const MIDDLE = { createdAt: '2020-01-04T11:20:00+00:00', id: '00000020-aaaa-bbbb-cccc-000000005000' }

type Started = [
  Awaited<ReturnType<typeof startPostgresServer>>,
  Awaited<ReturnType<typeof startSupabase>>,
  postgres.Sql,
]
let [server, supabase, sql]: Partial<Started> = []

beforeAll(async () => {
  server = await startPostgresServer({ fsync: false })
  const databaseUrl = await server.createDatabase('deep_pages')
  supabase = await startSupabase({ databaseUrl })
  sql = postgres(databaseUrl, { max: 1 })
  await sql`insert into profiles (id, username, display_name, avatar_url) values (${AUTHOR}, 'one', 'One', '/x')`
  await sql`
    insert into posts_new (id, author_id, caption, image_url, created_at)
    select ('00000020-aaaa-bbbb-cccc-' || lpad(n::text, 12, '0'))::uuid, ${AUTHOR}, 'x', '/x',
           '2020-01-01T00:00:00Z'::timestamptz + n * interval '1 minute'
      from generate_series(0, ${POSTS - 1}::integer) n`
  await sql`analyze posts_new`
})
afterAll(async () => {
  await sql?.end()
  await supabase?.stop()
  await server?.stop()
})

/** Rows of posts that Postgres has read since it was started; its processes say so after their statements. */
async function rowsRead(): Promise<number> {
  const [row] = await sql!`
    select coalesce(idx_tup_fetch, 0) + seq_tup_read as read from pg_stat_user_tables where relname = 'posts_new'`
  return Number(row!.read)
}

it.each([
  ['the feed', null],
  ['a profile', AUTHOR],
])('a page in the middle of %s reads little more than its own rows', async (_, author) => {
  const before = await rowsRead()
  const client = createClient(supabase!.url, supabase!.publishableKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  let query = client
    .from('posts_new')
    .select('id')
    .order('created_at', { ascending: false })
    .order('id', { ascending: false })
    .limit(PAGE)
  if (author) query = query.eq('author_id', author)
  const { data } = await behind(query, MIDDLE).throwOnError()
  expect(data).toHaveLength(PAGE)
  expect(data[0]!.id).toBe('00000020-aaaa-bbbb-cccc-000000004999')
  await expect.poll(async () => (await rowsRead()) - before).toBeGreaterThanOrEqual(PAGE)
  expect((await rowsRead()) - before).toBeLessThan(3 * PAGE)
})
