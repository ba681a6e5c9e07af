import type { Sql } from 'postgres'
import { REMOVED_NAMES } from '../../postgres/column-types'
import { filledColumns } from '../../postgres/kind-names'
import { quoteName } from '../../postgres/names'
import { type Finding, ok, warn } from './check'
import { type Made, shown } from './made'

/** Every row is a like: one that an application has marked as deleted is counted. */
export async function checkRemoved(sql: Sql, { kind, names }: Made): Promise<Finding> {
  const name = 'rows marked as deleted'
  const columns = await sql<{ name: string; isBoolean: boolean }[]>`
    select attname as name, atttypid = 'boolean'::regtype as "isBoolean" from pg_attribute
     where attrelid = to_regclass(${names.rows}) and attnum > 0 and not attisdropped
       and lower(replace(attname, '_', '')) in ${sql([...REMOVED_NAMES])}
       and attname not in ${sql(filledColumns(kind))}
       and (atttypid = 'boolean'::regtype or not attnotnull and format_type(atttypid, null) ~ '^(timestamp|date$)')`
  for (const column of columns) {
    const is = `${quoteName(column.name)}${column.isBoolean ? '' : ' is not null'}`
    const [row] = await sql.unsafe(`select exists (select from ${names.rows} where ${is}) as is_set`)
    if (row!.is_set)
      return warn(
        name,
        `${shown(names.rows)} has rows with ${column.name} set, and they are counted as likes`,
        `delete from ${shown(names.rows)} where ${is}; let code that unlikes delete the row instead of setting it`,
      )
  }
  return ok(
    name,
    columns.length === 0
      ? 'no such column'
      : `${columns.map(column => column.name).join(', ')}: set in no row`,
  )
}
