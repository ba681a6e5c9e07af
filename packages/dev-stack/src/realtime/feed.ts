import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Exec, MIGRATION_LOCK } from '../services/migrations'
import type { Change, Column } from './changes'

/** Calls back with the payload of every notification on a channel. */
export type Listen = (channel: string, heard: (payload: string) => void) => Promise<unknown>

/** Calls back with every change of a published row, and answers the columns of the published tables. */
export async function followChanges(
  exec: Exec,
  listen: Listen,
  changed: (change: Change) => void,
): Promise<Map<string, Column[]>> {
  await exec(`${MIGRATION_LOCK}\n${await readFile(join(import.meta.dirname, 'feed.sql'), 'utf8')}`)
  await listen('onecount_dev_feed', payload => changed(JSON.parse(payload)))
  const rows = await exec(`
    select c.table_schema || '.' || c.table_name as "table", c.column_name as name, c.udt_name as type
      from information_schema.columns c
      join pg_publication_tables p
        on p.pubname = 'supabase_realtime' and p.schemaname = c.table_schema and p.tablename = c.table_name
     order by c.ordinal_position`)
  const columns = new Map<string, Column[]>()
  for (const { table, name, type } of rows as { table: string; name: string; type: string }[]) {
    columns.set(table, [...(columns.get(table) ?? []), { name, type }])
  }
  return columns
}
