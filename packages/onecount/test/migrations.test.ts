import { applyMigrations, readMigrations } from '@onecount/dev-stack/migrations'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from './support/databases'
import { forAllTests } from './support/for-all-tests'

const BEAR = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const FOX = '50050001-aaaa-bbbb-cccc-ddddeeee0002'

/** An application as it was before: its own columns and policies, likes of long ago, ratings without ops. */
const EXISTING = `
  create table profiles (id uuid primary key, username text not null unique, display_name text, bio text, avatar_url text);
  create table posts_new (
    id uuid primary key default gen_random_uuid(), author_id uuid references profiles (id), caption text, image_url text,
    created_at timestamptz not null default now(), mood text, likes integer not null default 0);
  create table post_ratings (
    id bigserial primary key, post_id uuid not null references posts_new (id), session_id text not null,
    created_at timestamptz not null default now(), unique (post_id, session_id));
  alter table posts_new enable row level security;
  create policy "mine" on posts_new for select using (true);
  insert into profiles (id, username) values ('0a000000-0000-4000-8000-000000000001', 'lucia_nature');
  insert into posts_new (id, caption, mood, likes) values
    ('${BEAR}', 'Oso polar en su habitat natural', 'frío', 446), ('${FOX}', 'Zorro', null, 0);
  insert into post_ratings (post_id, session_id, created_at) values
    ('${BEAR}', 'ana', '2025-03-01 10:00:00.123456Z'), ('${BEAR}', 'ben', '2025-03-02Z'), ('${BEAR}', 'eva', '2025-03-03Z');`

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let sql: Sql
let databases = 0
beforeEach(async () => {
  sql = connect(await server.createDatabase(`d${databases++}`), { max: 1 })
})
afterEach(() => sql.end())

const press = (postId: string, sessionId: string, op: number) => ({
  postId,
  sessionId,
  op,
  liked: op % 2 === 1,
})
const apply = () => applyMigrations(async text => [...(await sql.unsafe(text))])
const contents = async () => ({
  posts: [...(await sql`select * from posts_new order by id`)],
  ratings: [...(await sql`select * from post_ratings order by post_id, session_id`)],
  receipts: [...(await sql`select * from like_receipt`)],
  log: [...(await sql`select * from like_log order by id`)],
  sums: [...(await sql`select * from like_log_sums order by post_id`)],
  settings: [...(await sql`select * from like_settings`)],
})
const schema = async () => [
  ...(await sql`select table_name, column_name, data_type, column_default, is_nullable
                  from information_schema.columns where table_schema = 'public' order by 1, 2`),
  ...(await sql`select conrelid::regclass::text, conname, pg_get_constraintdef(oid) as def from pg_constraint
                 where connamespace = 'public'::regnamespace order by 1, 2`),
  ...(await sql`select tgname, pg_get_triggerdef(oid) as def from pg_trigger where not tgisinternal order by 1`),
  ...(await sql`select oid::regprocedure::text as name, prosrc, proacl::text from pg_proc
                 where pronamespace = 'public'::regnamespace order by 1`),
  ...(await sql`select polrelid::regclass::text, polname from pg_policy order by 1, 2`),
]

describe('the migrations', () => {
  it('are applied once', async () => {
    const all = (await readMigrations()).map(m => m.name)
    expect(await apply()).toEqual(expect.arrayContaining(all))
    expect(await apply()).toEqual([])
  })

  it('change nothing when every one of them is run again on a database in use', async () => {
    await apply()
    await sql`insert into profiles (id, username, display_name, avatar_url) values (${BEAR}, 'lucia', 'L', '')`
    await sql`insert into posts_new (id, author_id, caption, image_url, likes) values (${BEAR}, ${BEAR}, '', '', 446)`
    await sql`update like_settings set partitions = 3`
    await postgresJsPort(sql).write([press(BEAR, 'ana', 3590000000000003)], 1795000000000001)
    await sql`insert into post_ratings (post_id, session_id) values (${BEAR}, 'ben')`
    const [before, shape] = [await contents(), await schema()]
    for (const migration of await readMigrations()) await sql.unsafe(migration.sql)
    expect(await contents()).toEqual(before)
    expect(await schema()).toEqual(shape)
  })

  it('keep what an application has, and give its ratings the smallest op', async () => {
    await sql.unsafe(EXISTING)
    await apply()
    expect(await sql`select caption, mood, likes from posts_new order by likes desc`).toMatchObject([
      { caption: 'Oso polar en su habitat natural', mood: 'frío', likes: 446 },
      { likes: 0 },
    ])
    const ratings = await sql`select session_id, op from post_ratings order by 1`
    expect(ratings.map(r => r.session_id)).toEqual(['ana', 'ben', 'eva'])
    expect(ratings.map(r => r.op)).toEqual(['3', '3', '3'])
  })

  it('let the engine count on from there: 446 likes with 3 ratings', async () => {
    await sql.unsafe(EXISTING)
    await apply()
    const port = postgresJsPort(sql)
    const query = { partition: 0, postIds: [BEAR], sessionId: 'ana', pairs: [], most: 10 }
    expect(await port.snapshot(query)).toMatchObject({
      posts: [{ postId: BEAR, likes: 446, rev: 0 }],
      session: { extent: 'all', ops: [{ postId: BEAR, op: 3 }] },
    })
    expect(await port.status(0)).toMatchObject({ unseen: 0 })
    expect(await port.ratings(null, 10)).toHaveLength(3)
    const now = Date.now() * 1000
    const counts = []
    for (const [session, op] of [
      ['new', 2 * now + 1],
      ['ana', 2 * now],
      ['ben', 2 * now + 1],
    ] as const) {
      const [result] = await port.write([press(BEAR, session, op)], now)
      if (result?.status === 'applied') counts.push(result.state.count)
    }
    expect(counts).toEqual([447, 446, 446])
  })

  it('give a rating that is still written without an op the one of its moment, odd', async () => {
    await sql.unsafe(EXISTING)
    await apply()
    const before = Date.now() * 1000
    await sql`insert into post_ratings (post_id, session_id) values (${FOX}, 'old code')`
    const [row] = await sql`select op from post_ratings where session_id = 'old code'`
    expect(Number(row!.op) % 2).toBe(1)
    expect(Number(row!.op) / 2).toBeGreaterThanOrEqual(before - 1000)
    expect(Number(row!.op) / 2).toBeLessThanOrEqual(Date.now() * 1000 + 1_000_000)
  })

  it('accept a publication that is there already', async () => {
    await sql.unsafe(`${EXISTING} create publication supabase_realtime for all tables`)
    await expect(apply()).resolves.not.toEqual([])
  })
})
