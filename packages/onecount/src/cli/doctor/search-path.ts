import type { Sql } from 'postgres'
import { type Finding, ok, skipped, warn } from './check'
import type { Made } from './made'

/** Triggers of the application that run when onecount writes its tables find other tables in the schemas of these. */
export async function checkSearchPath(sql: Sql, { kind, names, apply }: Made): Promise<Finding> {
  const name = 'search path'
  const [row] = await sql`
    select coalesce(array_to_string(proconfig, E'\n'), '') as settings from pg_proc
     where pronamespace = 'public'::regnamespace and proname = ${`${names.prefix}merge`} limit 1`
  if (!row) return skipped(name, 'unknown', 'fix what failed above first')
  const [, path = ''] = /^search_path=(.*)$/m.exec(row.settings) ?? []
  const searched = path.split(', ').map((schema: string) => schema.replace(/^"(.*)"$/, '$1'))
  const missing = [...new Set([kind.target.schema, kind.rows.schema])].filter(
    schema => !searched.includes(schema),
  )
  if (missing.length === 0) return ok(name, searched.join(', '))
  const list = missing.map(schema => (/^[a-z_]\w*$/.test(schema) ? schema : `"${schema}"`)).join(', ')
  return warn(
    name,
    `${list} is left out, as anybody may create there: triggers of yours that name a table without its schema fail when onecount writes rows`,
    `revoke create on schema ${list} from public, anon, authenticated; then ${apply}`,
  )
}
