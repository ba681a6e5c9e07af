import type { Sql } from 'postgres'
import { MIGRATIONS } from '../../postgres/migrations.generated'
import { APPLY_MIGRATIONS, codeOf } from '../unreachable'
import { checkGrants, checkPublication, checkRowSecurity, checkServiceRole } from './access'
import { attempt, checkClock, checkDistance, type Finding, fail, ok, warn } from './check'
import { checkConstraints, checkCounts, checkOps } from './data'
import { checkLog, checkPartitions } from './log'

const OLDEST = 140_000

const CHECKS: [name: string, look: (sql: Sql, partitions?: number) => Promise<Finding>][] = [
  ['Postgres version', checkVersion],
  ['tables', checkTables],
  ['functions', checkFunctions],
  ['triggers', checkTriggers],
  ['indexes', checkIndexes],
  ['unique keys', checkKeys],
  ['other triggers', checkForeignTriggers],
  ['row level security', checkRowSecurity],
  ['grants', checkGrants],
  ['service role', checkServiceRole],
  ['publication', checkPublication],
  ['constraints', checkConstraints],
  ['counts', checkCounts],
  ['ops', checkOps],
  ['width of likes', checkWidth],
  ['partitions', checkPartitions],
  ['log', checkLog],
  ['Postgres clock', sql => checkClock('Postgres clock', () => clockOf(sql))],
  ['Postgres distance', sql => checkDistance('Postgres distance', () => sql`select 1`, SLOW_MS, NEARER)],
]

/** What the migrations have made, who may use it, and what else is there that could count twice. */
export async function checkPostgres(sql: Sql, partitions?: number): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [name, look] of CHECKS) findings.push(await attempt(name, mendOf, () => look(sql, partitions)))
  return findings
}

const MISSING = ['42P01', '42703', '42883']
const FORBIDDEN = '42501'

function mendOf(error: unknown): string {
  const code = codeOf(error)
  if (MISSING.includes(code)) return APPLY_MIGRATIONS
  return code === FORBIDDEN
    ? 'run this as the owner of the tables or the service role'
    : 'see that Postgres answers, and run this again'
}

async function clockOf(sql: Sql): Promise<number> {
  const [row] = await sql`select extract(epoch from clock_timestamp()) * 1000 as now`
  return Number(row!.now)
}

const missing = (check: string, names: string[], found: string): Finding =>
  names.length === 0 ? ok(check, found) : fail(check, `missing: ${names.join(', ')}`, APPLY_MIGRATIONS)

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
  'like_log.prev',
  'like_log_sums.change',
  'like_settings.partitions',
  'like_unseen.op',
  'like_receipt.nonce',
  'like_receipt.owner',
  'like_refused.op',
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

async function checkIndexes(sql: Sql): Promise<Finding> {
  const rows = await sql`
    select c.relname as name from pg_index i
      join pg_class c on c.oid = i.indexrelid
     where c.relnamespace = 'public'::regnamespace and i.indisvalid`
  const there = new Set(rows.map(row => row.name))
  const names = namesIn(/create index if not exists (\w+)/g)
  return missing(
    'indexes',
    names.filter(name => !there.has(name)),
    names.join(', '),
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

/** A post whose count does not fit refuses every like. */
async function checkWidth(sql: Sql): Promise<Finding> {
  const [row] = await sql`
    select data_type as type from information_schema.columns
     where table_schema = 'public' and table_name = 'posts_new' and column_name = 'likes'`
  return !row || row.type === 'bigint'
    ? ok('width of likes', row?.type ?? 'no column')
    : warn(
        'width of likes',
        `posts_new.likes is ${row.type}: likes beyond ${row.type === 'smallint' ? '32,767' : '2,147,483,647'} are refused`,
        'select onecount_widen_likes() as the owner of the table, in a quiet hour: it rewrites it',
      )
}

const SLOW_MS = 10
const NEARER = 'run the drain in the region of its database: a batch is one round trip'
