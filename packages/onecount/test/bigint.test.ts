import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type LocalSupabase, startSupabase } from '@onecount/dev-stack/supabase'
import { postgresJsPort, supabasePort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PostgresPort } from '../src/core/ports'
import { chainOf } from '../src/testing/postgres/harness'
import { connect, migrate, ownersTables, supabaseClient } from './support/databases'
import { forAllTests } from './support/for-all-tests'

/** An application whose posts may have more likes than fit into 32 bits. */
const EXISTING = `
  create table profiles (
    id uuid primary key, username text not null unique, display_name text not null, bio text not null default '',
    avatar_url text not null, created_at timestamptz not null default now());
  create table posts_new (
    id uuid primary key, author_id uuid not null references profiles (id), caption text not null,
    alt text not null default '', image_url text not null, created_at timestamptz not null default now(),
    likes bigint not null default 0);`

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const OTHER = '50050001-aaaa-bbbb-cccc-ddddeeee0002'
/** Just below what 32 bits hold, and just below what a JavaScript number holds. */
const MANY = 2 ** 31 - 1
const MOST = Number.MAX_SAFE_INTEGER - 10
const T = 1_795_000_000_000_000

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let supabase: LocalSupabase
let sql: Sql
let ports: Record<string, PostgresPort>
beforeAll(async () => {
  const url = await server.createDatabase('bigint')
  sql = connect(url)
  await sql.unsafe(EXISTING)
  await migrate(url)
  supabase = await startSupabase({ databaseUrl: url })
  ports = {
    'postgres.js': postgresJsPort(sql),
    'supabase-js': supabasePort(supabaseClient(supabase.url, supabase.secretKey)),
  }
})
afterAll(async () => {
  await supabase?.stop()
  await sql?.end({ timeout: 1 })
})
beforeEach(async () => {
  await ownersTables(sql).clear()
  await ownersTables(sql).addPosts([
    { id: POST, likes: MANY },
    { id: OTHER, likes: MOST },
  ])
})

describe.each(['postgres.js', 'supabase-js'])('likes of 64 bits through %s', name => {
  const like = (postId: string, sessionId: string) => ({
    postId,
    sessionId,
    op: 2 * (T + 1) + 1,
    liked: true,
  })

  it('are counted by a press alone and by many, and arrive as they are', async () => {
    const port = ports[name]!
    expect(await port.write([like(POST, 'ana')], T)).toMatchObject([{ state: { count: MANY + 1 } }])
    const many = [
      like(POST, 'ben'),
      like(OTHER, 'ana'),
      like(OTHER, 'ben'),
      { ...like(POST, 'ana'), op: null },
    ]
    const counts = [MANY + 2, MOST + 2, MOST + 2, MANY + 2]
    expect(await port.write(many, T)).toMatchObject(counts.map(count => ({ state: { count } })))
  })

  it('are counted by a batch, and read and listed', async () => {
    const port = ports[name]!
    const { posts } = await chainOf(port).drain([POST, OTHER].map(id => like(id, 'ana')))
    expect(posts).toHaveLength(2)
    expect(posts).toContainEqual({ postId: POST, likes: MANY + 1 })
    expect(posts).toContainEqual({ postId: OTHER, likes: MOST + 1 })
    expect(await port.peek([POST], 'ana')).toMatchObject([{ count: MANY + 1, liked: true }])
    const query = { partition: 0, postIds: [POST], sessionId: null, pairs: [], most: 1 }
    expect(await port.snapshot(query)).toMatchObject({ posts: [{ likes: MANY + 1 }] })
    expect(await port.posts(null, 10)).toMatchObject([{ likes: MANY + 1 }, { likes: MOST + 1 }])
    expect(await port.ranking(1)).toEqual([{ postId: OTHER, likes: MOST + 1 }])
  })

  it('are those of the cut where Redis has not been told of presses', async () => {
    const port = ports[name]!
    const chain = chainOf(port)
    await chain.drain()
    await port.write([like(POST, 'ana'), like(POST, 'ben'), like(OTHER, 'ana')], T)
    const query = { partition: 0, postIds: [POST, OTHER], sessionId: null, pairs: [], most: 1 }
    const ofCut = (await port.snapshot(query)).posts.map(({ postId, likes }) => [postId, likes])
    expect(Object.fromEntries(ofCut)).toEqual({ [POST]: MANY, [OTHER]: MOST })
    const { posts } = await chain.drain()
    expect(posts).toContainEqual({ postId: POST, likes: MANY + 2 })
    expect(posts).toContainEqual({ postId: OTHER, likes: MOST + 1 })
  })

  it('follow rows and likes that are edited by hand', async () => {
    await sql`insert into post_ratings (post_id, session_id) values (${POST}, 'ana'), (${POST}, 'ben')`
    expect(await ports[name]!.posts(null, 1)).toMatchObject([{ likes: MANY + 2, ratings: 2 }])
    await sql`delete from post_ratings where session_id = 'ana'`
    await sql`update posts_new set likes = likes + 10 where id = ${POST}`
    expect(await ports[name]!.posts(null, 1)).toMatchObject([{ likes: MANY + 11, ratings: 1 }])
    await sql`update posts_new set likes = 0 where id = ${POST}`
    expect(await ports[name]!.posts(null, 1)).toMatchObject([{ likes: 1, ratings: 1 }])
  })
})
