import type { Sql } from 'postgres'
import { shown } from './made'

/** A column that has to be there. */
export interface Column {
  table: string
  /** As the catalogue has it, without quotes. */
  name: string
  /** One of these; left out: any. */
  types?: readonly string[]
  /** The field of the configuration that names it; left out: onecount makes it. */
  field?: string
  /** The field that says which type it has. */
  typeField?: string
}

interface Found {
  type: string
  isRequired: boolean
}

/** What the database says of columns; undefined of one that is not there. */
export async function findColumns(
  sql: Sql,
  columns: readonly Column[],
): Promise<(column: Column) => Found | undefined> {
  const tables = [...new Set(columns.map(({ table }) => table))]
  const rows = await sql`
    select t.name as "table", a.attname as name, format_type(a.atttypid, null) as type, a.attnotnull as is_required
      from json_array_elements_text(${JSON.stringify(tables)}::text::json) t (name)
      join pg_attribute a on a.attrelid = to_regclass(t.name) and a.attnum > 0 and not a.attisdropped`
  const found = new Map(
    rows.map(({ table, name, type, is_required }) => [
      `${table} ${name}`,
      { type, isRequired: is_required } as Found,
    ]),
  )
  return ({ table, name }) => found.get(`${table} ${name}`)
}

/** A column as people know it: `articles.like_count`. */
export const columnName = ({ table, name }: Column): string => `${shown(table)}.${name}`
