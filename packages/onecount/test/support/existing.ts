import { applyMigrations, type Migration, readMigrations } from '@onecount/dev-stack/migrations'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { createOnecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import type { Sql } from 'postgres'
import { repairPage } from '../../src/cli/connect'
import { NOTHING, type Repaired, type RepairOptions, type RepairRpc, repairAll } from '../../src/cli/repair'
import { connect } from './databases'

export const id = (n: number) => `50050001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`
const [ZERO, NEGATIVE, MISSING] = [id(1), id(2), id(3)]
export const [FEWER, TIMES, SOUND] = [id(4), id(5), id(6)] as [string, string, string]

/** Posts as applications have left them: `likes` before, who has a row, and the right number. */
export const POSTS: { id: string; likes: number | null; sessions: string[]; shown: number }[] = [
  { id: ZERO, likes: 0, sessions: ['ana', 'ben', 'eva'], shown: 3 },
  { id: NEGATIVE, likes: -5, sessions: [], shown: 0 },
  { id: MISSING, likes: null, sessions: ['ana'], shown: 1 },
  { id: FEWER, likes: 1, sessions: ['ana', 'ben'], shown: 2 },
  { id: TIMES, likes: 10, sessions: ['missing', 'before', 'never', 'forever', 'later', 'now'], shown: 10 },
  { id: SOUND, likes: 446, sessions: ['ana', 'ben', 'eva'], shown: 446 },
]
/** When the rows of some sessions were made. */
const CREATED: Record<string, string> = {
  missing: 'null',
  before: `'1969-07-20 20:17Z'`,
  never: `'-infinity'`,
  forever: `'infinity'`,
  later: `now() + interval '3 hours'`,
}

/** An application as it was before: nothing of it may be missing, negative or of the future, but all of it may be. */
export const EXISTING = `
  create table profiles (
    id uuid primary key, username text not null unique, display_name text, bio text, avatar_url text);
  create table posts_new (
    id uuid primary key default gen_random_uuid(), author_id uuid references profiles (id), caption text, alt text,
    image_url text, created_at timestamptz default now(), likes integer default 0);
  create table post_ratings (
    post_id uuid references posts_new (id) on delete cascade, session_id text,
    created_at timestamptz default now(), unique (post_id, session_id));`

/** What 0001 did of ops before: databases in the field are as it left them. */
const OPS_BEFORE = `
  alter table public.post_ratings add column if not exists op bigint;
  update public.post_ratings
     set op = 2 * floor(extract(epoch from created_at) * 1000000)::bigint + 1
   where op is null;
  alter table public.post_ratings
    alter column op set default 2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint + 1,
    alter column op set not null,
    drop constraint if exists post_ratings_op_likes,
    add constraint post_ratings_op_likes check (op % 2 = 1);`

/** From the first line about ops to the next statement about another table. */
const OPS_NOW = /-- A rating from before onecount[\s\S]*?(?=alter table public.posts_new)/

export const applyAll = (sql: Sql): Promise<string[]> =>
  applyMigrations(async text => [...(await sql.unsafe(text))])

/** The database as the version with the migrations 0001 to 0003 left it. */
export const applyFirstThree = (sql: Sql) =>
  applyOnly(sql, name => !name.includes('onecount') || /00010[123]_/.test(name), asBefore)

/** The database as the version left it that keeps what Redis has not seen in like_unseen alone. */
export const applyVersionBefore = (sql: Sql) => applyOnly(sql, name => name < '20261101000115')

/** What an application has of its own: everything that is left to apply is ours. */
export const applyContent = (sql: Sql) => applyOnly(sql, name => !name.includes('onecount'))

async function applyOnly(
  sql: Sql,
  isWanted: (name: string) => boolean,
  change = (migration: Migration) => migration,
): Promise<void> {
  const first = (await readMigrations()).filter(({ name }) => isWanted(name))
  await sql.unsafe(`create schema if not exists supabase_migrations;
    create table supabase_migrations.schema_migrations (version text primary key);
    do $$ begin
      create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
    exception when duplicate_object then null; end $$;
    grant usage on schema public to anon, authenticated, service_role`)
  for (const { name, sql: text } of first.map(change)) {
    await sql.unsafe(text)
    await sql`insert into supabase_migrations.schema_migrations values (${name})`
  }
}

function asBefore(migration: Migration): Migration {
  if (!migration.name.endsWith('onecount_tables')) return migration
  const sql = migration.sql.replace(OPS_NOW, () => OPS_BEFORE)
  if (sql === migration.sql) throw new Error('0001_tables.sql no longer says what it does of ops')
  return { ...migration, sql }
}

/** Tables, constraints, triggers and functions, to compare two ways to the same state. */
export const schemaOf = async (sql: Sql) => [
  ...(await sql`select table_name, column_name, data_type, column_default, is_nullable
                  from information_schema.columns where table_schema = 'public' order by 1, 2`),
  ...(await sql`select conrelid::regclass::text, conname, pg_get_constraintdef(oid) as def from pg_constraint
                 where connamespace = 'public'::regnamespace order by 1, 2`),
  ...(await sql`select tgname, pg_get_triggerdef(oid) as def from pg_trigger where not tgisinternal order by 1`),
  ...(await sql`select oid::regprocedure::text as name, prosrc, proacl::text from pg_proc
                 where pronamespace = 'public'::regnamespace order by 1`),
]

/** The functions of the repair, called as the owner of the tables. */
export const repairRpc =
  (sql: Sql): RepairRpc =>
  (name, args) =>
    repairPage(sql, name, args)

/** The tables of an application and what it has in them, without any migration of ours. */
export async function addExisting(sql: Sql): Promise<void> {
  await sql.unsafe(EXISTING)
  for (const { id, likes, sessions } of POSTS) {
    await sql`insert into posts_new (id, likes) values (${id}, ${likes})`
    for (const session of sessions)
      await sql.unsafe(
        `insert into post_ratings values ('${id}', '${session}', ${CREATED[session] ?? `'2025-03-01Z'`})`,
      )
  }
}

/** A Redis, a Postgres with empty databases, and the engine on both. */
export async function startExisting() {
  const [server, redisServer] = await Promise.all([startPostgresServer({ fsync: false }), startRedisServer()])
  const redis = new Redis(redisServer.url)
  let databases = 0
  let close = async () => {}

  const newDatabase = () => server.createDatabase(`d${databases++}`)

  return {
    redisUrl: redisServer.url,
    emptyDatabase: async (options = {}) => connect(await newDatabase(), options),

    /** Both stores empty, and an instance on them. */
    async begin() {
      await close()
      await redis.flushall()
      const databaseUrl = await newDatabase()
      const sql = connect(databaseUrl)
      const client = createRedisClient(redisServer.url, { commandTimeout: 20_000 })
      const ports = { redis: ioredisPort(client), postgres: postgresJsPort(sql, { timeoutMs: 20_000 }) }
      const onecount = createOnecount({ ...ports, log: { warn() {} } })
      close = async () => {
        client.disconnect()
        await sql.end()
      }
      return {
        databaseUrl,
        sql,
        onecount,
        shown: async (post: string, session: string | null = null) =>
          (await onecount.read([post], session)).get(post),
        counts: async (): Promise<Record<string, number | null>> =>
          Object.fromEntries((await sql`select id, likes from posts_new`).map(row => [row.id, row.likes])),
        repair: (options: Partial<RepairOptions> = {}) => repair(sql, options),
      }
    },

    async stop() {
      await close()
      redis.disconnect()
      await Promise.all([server.stop(), redisServer.kill()])
    },
  }
}

export type Existing = Awaited<ReturnType<typeof startExisting>>
export type World = Awaited<ReturnType<Existing['begin']>>

export async function repair(sql: Sql, options: Partial<RepairOptions> = {}): Promise<Repaired> {
  const done = { ...NOTHING }
  await repairAll(repairRpc(sql), { dryRun: false, ...options }, done)
  return done
}

/** The op of a press of now. */
export const nowOp = () => 2 * Date.now() * 1000
