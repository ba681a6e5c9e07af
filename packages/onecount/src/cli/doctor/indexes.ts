import type { Sql } from 'postgres'
import { quoteName } from '../../postgres/names'
import { type Finding, fail, ok } from './check'
import { type Column, columnName, findColumns } from './columns'
import { type Made, shown } from './made'

export async function checkIndexes(
  sql: Sql,
  { kind, names, ownTables, indexes, apply }: Made,
): Promise<Finding> {
  const tables = JSON.stringify([names.content, names.rows, ...ownTables])
  const rows = await sql`
    select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indisvalid and i.indrelid in (
       select to_regclass(t.name) from json_array_elements_text(${tables}::text::json) t (name))`
  const there = new Set(rows.map(row => row.name))
  const missing = indexes.filter(name => !there.has(name))
  return missing.length === 0
    ? ok('indexes', kind.isDefault ? indexes.join(', ') : `${indexes.length} indexes`)
    : fail('indexes', `missing: ${missing.join(', ')}`, apply)
}

/** One row a pair, which is found by its target. */
export async function checkKeys(sql: Sql, { kind, names, apply }: Made): Promise<Finding> {
  const name = 'unique keys'
  const { target, variant, actor } = kind.rows
  // With variants it is an index of an expression, which the SQL of the kind makes.
  const own = variant === undefined ? null : `${names.prefix}pair_idx`
  const keyed = [
    { table: names.rows, columns: [target, actor], own },
    ...['tombstones', 'unseen', 'refused'].map(table => ({
      table: `public.${names.own}${table}`,
      columns: ['post_id', 'session_id'],
      own: null,
    })),
  ]
  const rows = await sql`
    select k."table", exists (
      select from pg_index i
       where i.indrelid = to_regclass(k."table") and i.indisunique and i.indisvalid and i.indimmediate
         and i.indpred is null and i.indnkeyatts = 2
         and case when k.own is null then i.indexprs is null and array[
           (select attname::text from pg_attribute where attrelid = i.indrelid and attnum = i.indkey[0]),
           (select attname::text from pg_attribute where attrelid = i.indrelid and attnum = i.indkey[1])
         ] = array(select json_array_elements_text(k.columns))
         else i.indexrelid::regclass::text like '%' || k.own end
    ) as has_key
      from json_to_recordset(${JSON.stringify(keyed)}::text::json) k ("table" text, columns json, own text)`
  const narrow = await narrowKeys(
    sql,
    names.rows,
    [target, ...(variant === undefined ? [] : [variant]), actor],
    [target, actor],
  )
  if (narrow.length > 0)
    return fail(
      name,
      `${narrow.map(key => `${key.name} (${key.columns.join(', ')})`).join(', ')} of ${shown(names.rows)}: every press beyond the first is refused`,
      'drop that key: onecount keeps one row for each target and actor',
    )
  const without = rows.filter(row => !row.has_key).map(row => row.table as string)
  if (without.length === 0)
    return ok(name, `(${[target, ...(variant === undefined ? [] : [variant]), actor].join(', ')})`)
  const [table] = without as [string]
  const { columns } = keyed.find(of => of.table === table)!
  return fail(
    name,
    `none on ${without.map(shown).join(', ')}`,
    kind.isDefault || table !== names.rows
      ? `alter table ${shown(table)} add primary key (${columns.join(', ')})`
      : await fixOfRows(sql, { kind, names, apply }),
  )
}

/** Rows are named only where some are there twice, and columns where they are not there. */
async function fixOfRows(
  sql: Sql,
  { kind, names, apply }: Pick<Made, 'kind' | 'names' | 'apply'>,
): Promise<string> {
  const { target, variant, actor } = kind.rows
  const columns: Column[] = Object.entries({ target, variant, actor }).flatMap(([field, name]) =>
    typeof name === 'string' ? [{ table: names.rows, name, field: `kinds.${kind.name}.rows.${field}` }] : [],
  )
  const find = await findColumns(sql, columns)
  const absent = columns.filter(column => !find(column))
  if (absent.length > 0)
    return `correct ${absent.map(({ field }) => field).join(', ')}: there is no column ${absent.map(columnName).join(', ')}`
  const pair = columns.map(({ name }) => quoteName(name)).join(', ')
  const twice = await sql.unsafe(`select from ${names.rows} group by ${pair} having count(*) > 1 limit 1`)
  return twice.length > 0 ? `delete the rows that are there twice, then ${apply}` : apply
}

/** Unique keys on a part of the pair. */
const narrowKeys = (sql: Sql, table: string, pair: string[], ids: string[]) => sql<
  { name: string; columns: string[] }[]
>`
  select i.indexrelid::regclass::text as name, k.names as columns
    from pg_index i cross join lateral (
      select array_agg(attname::text order by attname) as names from pg_attribute
       where attrelid = i.indrelid and attnum = any ((i.indkey::smallint[])[0:i.indnkeyatts - 1])
    ) k
   where i.indrelid = to_regclass(${table}) and i.indisunique and i.indpred is null and i.indexprs is null
     and k.names <@ array(select json_array_elements_text(${JSON.stringify(pair)}::text::json))
     and not k.names @> array(select json_array_elements_text(${JSON.stringify(ids)}::text::json))`
