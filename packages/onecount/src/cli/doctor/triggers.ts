import type { Sql } from 'postgres'
import { type Finding, fail, ok, warn } from './check'
import { type Made, shown } from './made'

/** By them Redis hears of edits by hand. One that is disabled, or fires in a replica alone, is as good as none. */
export async function checkTriggers(sql: Sql, { triggers, apply }: Made): Promise<Finding> {
  // Of the kinds of a table one plans its removals for all.
  const rows = await sql`
    select e.name, e."table", bool_or(t.tgenabled in ('O', 'A')) as fires
      from json_to_recordset(${JSON.stringify(triggers)}::text::json) e (name text, "table" text)
      left join pg_trigger t on t.tgrelid = to_regclass(e."table") and not t.tgisinternal
        and (t.tgname = e.name
             or t.tgname like 'onecount\\_%' || substring(e.name from '_removal_(?:begins|ends)$'))
     group by 1, 2`
  const nameOf = (row: { name: string; table: string }) => `${row.name} on ${shown(row.table)}`
  const all = rows as unknown as { name: string; table: string; fires: boolean | null }[]
  const missing = all.filter(({ fires }) => fires === null).map(nameOf)
  const disabled = all.filter(({ fires }) => fires === false).map(nameOf)
  const found = [
    ...(missing.length > 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(disabled.length > 0 ? [`disabled: ${disabled.join(', ')}`] : []),
  ]
  return found.length === 0
    ? ok('triggers', `${triggers.length} triggers`)
    : fail('triggers', found.join('; '), apply)
}

/** An application's own counter would count every like a second time. */
export async function checkForeignTriggers(sql: Sql, { kind, names }: Made): Promise<Finding> {
  const name = 'other triggers'
  const { content, rows, counts, likes } = names
  const tables = JSON.stringify([content, rows, counts])
  const found = await sql`
    select t.tgname || ' on ' || c.relname as name from pg_trigger t
      join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
     where t.tgrelid in (select to_regclass(e.name) from json_array_elements_text(${tables}::text::json) e (name))
       and not t.tgisinternal and p.proname not like 'onecount\\_%' and t.tgenabled <> 'D'
       and ${mentions(sql, counts === content ? likes : shown(counts))}`
  const what = counts === content ? `${shown(counts)}.${likes}` : shown(counts)
  if (found.length === 0) return ok(name, `none that touches ${what}`)
  const those = `${found.map(row => row.name).join(', ')}, which ${found.length > 1 ? 'name' : 'names'} ${what}`
  return (await isInShadowMode(sql, names))
    ? warn(
        name,
        `${those}: harmless until shadow mode of the kind ${kind.name} ends`,
        'drop them in the migration that ends it, the one of npx onecount migration without --shadow',
      )
    : fail(name, those, 'drop them: likes are counted here already')
}

/** The drain writes rows as the server: no person is signed in then, and `auth.uid()` is null. */
export async function checkPersonTriggers(sql: Sql, { names }: Made): Promise<Finding> {
  const name = 'triggers that ask who is signed in'
  const tables = JSON.stringify([...new Set([names.content, names.rows, names.counts])])
  const found = await sql`
    select t.tgname || ' on ' || c.relname || ' (' || p.proname || ')' as name
      from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
     where t.tgrelid in (select to_regclass(e.name) from json_array_elements_text(${tables}::text::json) e (name))
       and not t.tgisinternal and p.proname not like 'onecount\\_%' and t.tgenabled <> 'D'
       and p.prosrc ~* '\\mauth\\s*\\.\\s*(uid|jwt|role|email)\\M|current_setting\\s*\\(\\s*''request\\.jwt'
     order by 1`
  if (found.length === 0) return ok(name, 'none')
  return warn(
    name,
    `${found.map(row => row.name).join(', ')}: they see no signed-in person when the drain writes a row`,
    'let them take the person from the row that is written (new), or go on where auth.uid() is null',
  )
}

/** Whether what code and triggers of before onecount do to the count is undone. */
const isInShadowMode = async (sql: Sql, names: Made['names']): Promise<boolean> =>
  ['O', 'A'].includes((await stateOfShadow(sql, names)) ?? '')

/** Whether the kind was made with `--shadow`, also where the trigger was disabled by hand since. */
export const hasShadowMode = async (sql: Sql, names: Made['names']): Promise<boolean> =>
  (await stateOfShadow(sql, names)) !== undefined

/** `tgenabled` of the trigger of shadow mode; undefined where there is none. */
async function stateOfShadow(sql: Sql, { counts, prefix }: Made['names']): Promise<string | undefined> {
  const [row] = await sql`
    select tgenabled as state from pg_trigger
     where tgrelid = to_regclass(${counts}) and not tgisinternal and tgname = ${`${prefix}annul_count`}`
  return row?.state
}

/** Whether the text of a trigger has the name: in quotes where it needs them, else as a word. */
const mentions = (sql: Sql, name: string) =>
  name.startsWith('"') ? sql`strpos(p.prosrc, ${name}) > 0` : sql`p.prosrc ~* ${`\\m${name}\\M`}`
