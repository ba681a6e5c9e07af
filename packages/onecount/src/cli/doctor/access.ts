import type { Sql } from 'postgres'
import { APPLY_MIGRATIONS } from '../unreachable'
import { type Finding, fail, ok, warn } from './check'

const PRIVATE = [
  'post_ratings',
  'like_tombstones',
  'like_log',
  'like_log_sums',
  'like_settings',
  'like_receipt',
  'like_refused',
  'like_unseen',
]

export async function checkRowSecurity(sql: Sql): Promise<Finding> {
  const rows = await sql`
    select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relname in ${sql(PRIVATE)} and not relrowsecurity`
  return rows.length === 0
    ? ok('row level security', 'on')
    : fail('row level security', `off: ${rows.map(row => row.name).join(', ')}`, APPLY_MIGRATIONS)
}

export async function checkGrants(sql: Sql): Promise<Finding> {
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

const USED = ['posts_new', ...PRIVATE]

/** The application reaches Postgres as this role: what it may not call, no like gets through. */
export async function checkServiceRole(sql: Sql): Promise<Finding> {
  const name = 'service role'
  const [role] = await sql`select 1 from pg_roles where rolname = 'service_role'`
  if (!role)
    return warn(name, 'there is none', 'a project has one; elsewhere connect as the owner of the tables')
  const rows = await sql`
    select proname as name from pg_proc
     where pronamespace = 'public'::regnamespace and proname like 'onecount\\_%'
       and not has_function_privilege('service_role', oid, 'execute')
    union all
    select relname from pg_class
     where relnamespace = 'public'::regnamespace and relname in ${sql(USED)}
       and not (has_table_privilege('service_role', oid, 'select')
                and has_table_privilege('service_role', oid, 'insert')
                and has_table_privilege('service_role', oid, 'update')
                and has_table_privilege('service_role', oid, 'delete'))`
  return rows.length === 0
    ? ok(name, 'may use all of them')
    : fail(name, `may not use ${rows.map(row => row.name).join(', ')}`, APPLY_MIGRATIONS)
}

export async function checkPublication(sql: Sql): Promise<Finding> {
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
