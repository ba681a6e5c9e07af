import type { Sql } from 'postgres'
import { filledColumns } from '../../postgres/kind-names'
import { quoteName } from '../../postgres/names'
import { defaultFor, hasFillingTrigger, isKey, needsValue } from '../required-columns'
import { type Finding, fail, ok, warn } from './check'
import { type Made, shown } from './made'

/** A column of the rows that must have a value, and that a press does not fill, refuses every press. */
export async function checkRequired(sql: Sql, { kind, names }: Made): Promise<Finding> {
  const name = 'required columns'
  const filled = JSON.stringify(filledColumns(kind))
  const [first, ...others] = await sql<{ name: string; type: string; isKey: boolean; hasTrigger: boolean }[]>`
    select a.attname as name, format_type(a.atttypid, null) as type, ${isKey(sql)} as "isKey",
      ${hasFillingTrigger(sql, sql`a.attrelid`)} as "hasTrigger"
      from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = to_regclass(${names.rows}) and a.attnum > 0 and not a.attisdropped and ${needsValue(sql)}
       and a.attname not in (select json_array_elements_text(${filled}::text::json))
     order by a.attnum`
  if (!first) return ok(name, 'a press fills every column that must have a value')
  const table = shown(names.rows)
  const columns = [first, ...others].map(column => `${table}.${column.name}`).join(', ')
  const advice = defaultFor(table, quoteName(first.name), first.type, first.isKey)
  return first.hasTrigger
    ? warn(name, `left to a trigger: ${columns}`, `see that it gives each a value, or ${advice}`)
    : fail(name, `a press has no value for ${columns}`, advice)
}
