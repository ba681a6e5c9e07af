import type { Sql } from 'postgres'
import { MIGRATIONS } from '../../postgres/migrations.generated'
import { checkClock, checkDistance, type Finding, fail, ok, warn } from './check'

const APPLY = 'apply supabase/migrations/*_onecount_*.sql, in order; they can be applied again'
const OLDEST = 140_000

/** What the migrations have made, who may use it, and what else is there that could count twice. */
export async function checkPostgres(sql: Sql): Promise<Finding[]> {
  return [
    await checkVersion(sql),
    await checkTables(sql),
    await checkFunctions(sql),
    await checkTriggers(sql),
    await checkKeys(sql),
    await checkForeignTriggers(sql),
    await checkRowSecurity(sql),
    await checkGrants(sql),
    await checkPublication(sql),
    await checkCounts(sql),
    await checkClock('Postgres clock', async () => {
      const [row] = await sql`select extract(epoch from clock_timestamp()) * 1000 as now`
      return Number(row!.now)
    }),
    await checkDistance('Postgres distance', () => sql`select 1`, SLOW_MS, NEARER),
  ]
}

const missing = (check: string, names: string[], found: string): Finding =>
  names.length === 0 ? ok(check, found) : fail(check, `missing: ${names.join(', ')}`, APPLY)

async function checkVersion(sql: Sql): Promise<Finding> {
  const [row] = await sql`select current_setting('server_version_num')::integer as number, version() as text`
  const found = String(row!.text).split(' ').slice(0, 2).join(' ')
  return row!.number >= OLDEST
    ? ok('Postgres version', found)
    : fail('Postgres version', found, 'use 14 or newer')
}

const COLUMNS = [
  'posts_new.likes',
  'posts_new.likes_rev',
  'post_ratings.op',
  'like_tombstones.op',
  'like_unseen.op',
  'like_receipt.nonce',
]

async function checkTables(sql: Sql): Promise<Finding> {
  const rows = await sql`
    select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'public'`
  const there = new Set(rows.map(row => row.name))
  return missing(
    'tables',
    COLUMNS.filter(name => !there.has(name)),
    `${COLUMNS.length} columns`,
  )
}

/** By name, as the migrations that come with this version write them. */
const namesIn = (pattern: RegExp): string[] => [
  ...new Set(MIGRATIONS.flatMap(({ sql }) => [...sql.matchAll(pattern)].map(match => match[1]!))),
]

async function checkFunctions(sql: Sql): Promise<Finding> {
  const rows = await sql`
    select proname as name from pg_proc where pronamespace = 'public'::regnamespace and proname like 'onecount\\_%'`
  const there = new Set(rows.map(row => row.name))
  const names = namesIn(/create or replace function public\.(onecount_\w+)/g)
  return missing(
    'functions',
    names.filter(name => !there.has(name)),
    `${names.length} functions`,
  )
}

async function checkTriggers(sql: Sql): Promise<Finding> {
  const rows = await sql`select tgname as name from pg_trigger where not tgisinternal and tgenabled <> 'D'`
  const there = new Set(rows.map(row => row.name))
  const names = namesIn(/create trigger (onecount_\w+)/g)
  return missing(
    'triggers',
    names.filter(name => !there.has(name)),
    `${names.length} triggers`,
  )
}

const KEYED = ['post_ratings', 'like_tombstones', 'like_unseen']

async function checkKeys(sql: Sql): Promise<Finding> {
  const rows = await sql`
    select c.relname as name from pg_index i
      join pg_class c on c.oid = i.indrelid
     where c.relnamespace = 'public'::regnamespace and i.indisunique and i.indnkeyatts = 2
       and pg_get_indexdef(i.indexrelid) like '%(post_id, session_id)'`
  const there = new Set(rows.map(row => row.name))
  const without = KEYED.filter(name => !there.has(name))
  return without.length === 0
    ? ok('unique keys', '(post_id, session_id)')
    : fail(
        'unique keys',
        `none on ${without.join(', ')}`,
        'alter table … add primary key (post_id, session_id)',
      )
}

/** An application's own counter would count every like a second time. */
async function checkForeignTriggers(sql: Sql): Promise<Finding> {
  const rows = await sql`
    select t.tgname || ' on ' || c.relname as name from pg_trigger t
      join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
     where c.relnamespace = 'public'::regnamespace and c.relname in ('post_ratings', 'posts_new')
       and not t.tgisinternal and t.tgname not like 'onecount\\_%' and p.prosrc ~* '\\mlikes\\M'`
  return rows.length === 0
    ? ok('other triggers', 'none that touches likes')
    : fail(
        'other triggers',
        rows.map(row => row.name).join(', '),
        'drop them: likes are counted here already',
      )
}

const PRIVATE = ['post_ratings', 'like_tombstones', 'like_unseen', 'like_receipt']

async function checkRowSecurity(sql: Sql): Promise<Finding> {
  const rows = await sql`
    select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relname in ${sql(PRIVATE)} and not relrowsecurity`
  return rows.length === 0
    ? ok('row level security', 'on')
    : fail('row level security', `off: ${rows.map(row => row.name).join(', ')}`, APPLY)
}

async function checkGrants(sql: Sql): Promise<Finding> {
  const roles = await sql`select rolname as name from pg_roles where rolname in ('anon', 'authenticated')`
  const names = roles.map(row => row.name as string)
  const open: string[] = []
  for (const role of names) {
    const functions = await sql`
      select proname as name from pg_proc
       where pronamespace = 'public'::regnamespace and proname like 'onecount\\_%'
         and has_function_privilege(${role}, oid, 'execute')`
    const tables = await sql`
      select relname as name from pg_class
       where relnamespace = 'public'::regnamespace and relname in ${sql(PRIVATE)}
         and has_table_privilege(${role}, oid, 'select, insert, update, delete')`
    open.push(...[...functions, ...tables].map(row => `${role}: ${row.name}`))
  }
  return open.length === 0
    ? ok('grants', 'the server alone')
    : fail('grants', open.join(', '), 'revoke all on them from anon, authenticated and public')
}

async function checkPublication(sql: Sql): Promise<Finding> {
  const rows = await sql`
    select tablename as name from pg_publication_tables where pubname = 'supabase_realtime' and schemaname = 'public'`
  const there = new Set(rows.map(row => row.name))
  if (there.has('post_ratings'))
    return fail(
      'publication',
      'post_ratings is published',
      'alter publication supabase_realtime drop table post_ratings: it tells everybody who likes what',
    )
  return there.has('posts_new')
    ? ok('publication', 'posts_new')
    : warn(
        'publication',
        'posts_new is not published',
        'alter publication supabase_realtime add table posts_new',
      )
}

/** Invariant 1 as far as one database can see it: a post never has fewer likes than rows. */
async function checkCounts(sql: Sql): Promise<Finding> {
  const rows = await sql`
    select p.id from posts_new p
      join (select post_id, count(*) as n from post_ratings group by post_id) r on r.post_id = p.id
     where r.n > p.likes limit 3`
  return rows.length === 0
    ? ok('counts', 'no post has fewer likes than rows')
    : warn(
        'counts',
        `fewer likes than rows: ${rows.map(row => row.id).join(', ')}`,
        'set likes of these posts by hand to what they should be; Redis follows',
      )
}

const SLOW_MS = 10
const NEARER = 'run the drain in the region of its database: a batch is one round trip'
