import type { Sql } from 'postgres'
import { quoteName } from '../../postgres/names'
import { type Finding, fail, ok, warn } from './check'
import { type Made, shown } from './made'

/** Tables that are the server's alone. Who reads and writes the rows of an application is the application's matter. */
const privateOf = ({ kind, names, ownTables }: Made): string[] =>
  kind.isDefault ? [names.rows, ...ownTables] : ownTables

const listed = (sql: Sql, names: string[]) =>
  sql`
    select e.name, to_regclass(e.name) as id
      from json_array_elements_text(${JSON.stringify(names)}::text::json) e (name)`

export async function checkRowSecurity(sql: Sql, made: Made): Promise<Finding> {
  const held = await heldBack(sql, made)
  if (held) return held
  const rows = await sql`
    select e.name from (${listed(sql, privateOf(made))}) e join pg_class c on c.oid = e.id where not c.relrowsecurity`
  return rows.length === 0
    ? ok('row level security', "on, for onecount's own tables")
    : fail('row level security', `off: ${rows.map(row => shown(row.name)).join(', ')}`, made.apply)
}

/**
 * Who row level security applies to sees no row of the application and writes none: the role of this connection, and
 * the owner of the triggers, who does what an edit by hand needs.
 */
async function heldBack(sql: Sql, { names, apply }: Made): Promise<Finding | undefined> {
  const name = 'row level security'
  const tables = [names.content, names.rows]
  const [subject] = await sql`
    select current_user as role, e.name from (${listed(sql, tables)}) e where row_security_active(e.id) limit 1`
  if (subject)
    return fail(
      name,
      `of ${shown(subject.name)} applies to ${subject.role}, who connects: likes would be refused`,
      `connect as the owner of the tables, or as a superuser: alter role ${quoteName(subject.role)} bypassrls`,
    )
  const [forced] = await sql`
    select o.rolname as role, e.name
      from (${listed(sql, tables)}) e join pg_class c on c.oid = e.id
      join pg_proc p on p.pronamespace = 'public'::regnamespace and p.proname = ${`${names.prefix}rated_by_hand`}
      join pg_roles o on o.oid = p.proowner
     where c.relrowsecurity and not o.rolsuper and not o.rolbypassrls
       and (c.relforcerowsecurity or not pg_has_role(o.oid, c.relowner, 'usage'))
     limit 1`
  return (
    forced &&
    fail(
      name,
      `of ${shown(forced.name)} applies to ${forced.role}, who owns the triggers: edits by hand would not count`,
      `alter table ${shown(forced.name)} no force row level security, or apply the migration as its owner: ${apply}`,
    )
  )
}

export async function checkGrants(sql: Sql, made: Made): Promise<Finding> {
  const rows = await sql`
    with roles as (select rolname as name from pg_roles where rolname in ('anon', 'authenticated'))
    select r.name as role, f.name from roles r, (${functionsOf(sql, made)}) f
     where has_function_privilege(r.name, f.id, 'execute')
    union all
    select r.name, t.name from roles r, (${listed(sql, privateOf(made))}) t
     where has_table_privilege(r.name, t.id, 'select, insert, update, delete')`
  const open = rows.map(({ role, name }) => `${role}: ${shown(name)}`)
  return open.length === 0
    ? ok('grants', 'the server alone')
    : fail('grants', open.join(', '), 'revoke all on them from anon, authenticated and public')
}

/** Functions of the kind, those of versions before too; of the default kind those that no other kind has. */
function functionsOf(sql: Sql, { kind, names }: Made) {
  const others = kind.isDefault
    ? sql`and not exists (
        select from pg_class where relnamespace = 'public'::regnamespace
           and relname = substring(p.proname from '^onecount_[a-z0-9]+_') || 'settings')`
    : sql``
  return sql`
    select p.proname::text as name, p.oid as id from pg_proc p
     where p.pronamespace = 'public'::regnamespace and starts_with(p.proname, ${names.prefix}) ${others}`
}

/** The application reaches Postgres as this role: what it may not call, no like gets through. */
export async function checkServiceRole(sql: Sql, made: Made): Promise<Finding> {
  const name = 'service role'
  const { kind, names, ownTables, apply } = made
  const [role] = await sql`select 1 from pg_roles where rolname = 'service_role'`
  if (!role)
    return warn(name, 'there is none', 'a project has one; elsewhere connect as the owner of the tables')
  const schemas = [...new Set([kind.target.schema, kind.rows.schema])].map(quoteName)
  const rows = await sql`
    select name from (${functionsOf(sql, made)}) f where not has_function_privilege('service_role', id, 'execute')
    union all
    select name from (${listed(sql, [names.content, names.rows, ...ownTables])}) t
     where not (has_table_privilege('service_role', id, 'select')
                and has_table_privilege('service_role', id, 'insert')
                and has_table_privilege('service_role', id, 'update')
                and has_table_privilege('service_role', id, 'delete'))
    union all
    select distinct 'the sequence ' || s.oid::regclass
      from pg_attrdef a
      join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid and d.refclassid = 'pg_class'::regclass
      join pg_class s on s.oid = d.refobjid
     where a.adrelid = to_regclass(${names.rows})
       and case when s.relkind = 'S' then not has_sequence_privilege('service_role', s.oid, 'usage') end
    union all
    select 'the schema ' || e.name from json_array_elements_text(${JSON.stringify(schemas)}::text::json) e (name)
     where not has_schema_privilege('service_role', to_regnamespace(e.name), 'usage')`
  return rows.length === 0
    ? ok(name, 'may use all of them')
    : fail(name, `may not use ${rows.map(row => shown(row.name)).join(', ')}`, apply)
}

const PUBLICATION = 'alter publication supabase_realtime'

/** Realtime carries the targets with their counts, and never the rows: row level security does not cover a delete. */
export async function checkPublication(sql: Sql, { kind, names }: Made): Promise<Finding> {
  const name = 'publication'
  const [row] = await sql`
    select bool_or(to_regclass(${names.rows}) = p.id) as has_rows,
           bool_or(to_regclass(${names.content}) = p.id) as has_targets,
           (select relreplident in ('f', 'i') or relreplident = 'd' and exists (
              select from pg_index where indrelid = oid and indisprimary)
              from pg_class where oid = to_regclass(${names.content})) as is_identified
      from (select format('%I.%I', schemaname, tablename)::regclass as id from pg_publication_tables
             where pubname = 'supabase_realtime') p`
  const [rows, targets] = [shown(names.rows), shown(names.content)]
  if (row!.has_rows)
    return (kind.isDefault || kind.isPrivate ? fail : warn)(
      name,
      `${rows} is published`,
      `${PUBLICATION} drop table ${rows}: it tells everybody who likes what`,
    )
  if (kind.target.count === null) return ok(name, 'the counts are in no table of the application')
  if (!row!.is_identified)
    return (row!.has_targets ? fail : warn)(
      name,
      `${targets} has no primary key as its replica identity${row!.has_targets ? ', and PostgreSQL refuses its updates' : ''}`,
      row!.has_targets
        ? `give it a primary key, or: ${PUBLICATION} drop table ${targets}`
        : 'broadcast counts, or give it a primary key and publish it',
    )
  return row!.has_targets
    ? ok(name, targets)
    : warn(name, `${targets} is not published`, `${PUBLICATION} add table ${targets}`)
}
