import type { Sql } from 'postgres'
import type { Kind } from '../../core/kind'
import { mappingOf } from '../../postgres/kind-names'
import { VERSION } from '../../postgres/kind-template.generated'
import { type Finding, fail, ok } from './check'
import type { Made } from './made'

/** Functions that are named before the others are counted. */
const NAMED = 5

/** The tables that the kind was made for, as the database has noted them. */
export async function checkMapping(sql: Sql, { kind, names, apply }: Made): Promise<Finding> {
  const name = 'mapping'
  if (kind.isDefault) return ok(name, mappingOf(kind))
  const noted = await notedIn(sql, `public.${names.own}settings`)
  if (noted === null) return fail(name, `the kind ${kind.name} is not in this database`, apply)
  return noted.mapping === mappingOf(kind)
    ? ok(name, noted.mapping)
    : fail(
        name,
        `the kind ${kind.name} was made for ${noted.mapping}, and the configuration says ${mappingOf(kind)}`,
        `correct ${differing(kind, noted.mapping)} if it is a typing error; else give the new mapping a name of its own, or take the old kind away first: npx onecount uninstall`,
      )
}

const MAPPING = /^(.+) \((.+) (\S+), (.+?)\) and (.+) \((.+?), (.+) (\w+)(?:, variant (.+))?\)$/
const FIELDS =
  'target.table target.column target.id target.count rows.table rows.target rows.actor actor rows.variant'.split(
    ' ',
  )

/** The fields of the configuration that the mapping of the database does not have. */
function differing(kind: Kind, noted: string): string {
  const [there, here] = [noted, mappingOf(kind)].map(text => MAPPING.exec(text)?.slice(1))
  if (!there || !here) return 'the configuration'
  return FIELDS.flatMap((field, n) => (there[n] === here[n] ? [] : `kinds.${kind.name}.${field}`)).join(', ')
}

/** What the comment of the settings says: `<mapping> | onecount <version>`; null: there is none. */
export async function notedIn(sql: Sql, settings: string) {
  const [row] = await sql`select obj_description(to_regclass(${settings}), 'pg_class') as text`
  const [, mapping, version] = /^(.*) \| onecount (\S+)$/s.exec((row!.text as string | null) ?? '') ?? []
  return mapping === undefined ? null : { mapping, version: version! }
}

/** White space differs where a file was saved on Windows, and changes nothing. */
const squeezed = (body: string): string => body.replace(/\s+/g, ' ').trim()

/** Whether the functions are there, and are those that come with this version of the package. */
export async function checkFunctions(sql: Sql, { names, functions, apply }: Made): Promise<Finding> {
  const name = 'functions'
  const rows = await sql`
    select proname as name, prosrc as body from pg_proc where pronamespace = 'public'::regnamespace
       and proname in (select json_array_elements_text(${JSON.stringify([...functions.keys()])}::text::json))`
  const bodies = new Map<string, string[]>()
  for (const { name, body } of rows) bodies.set(name, [...(bodies.get(name) ?? []), squeezed(body)])
  const missing = [...functions.keys()].filter(name => !bodies.has(name))
  if (missing.length > 0) return fail(name, `missing: ${missing.join(', ')}`, apply)

  const noted = await notedIn(sql, `public.${names.own}settings`)
  const others = [...functions].flatMap(([name, body]) =>
    bodies.get(name)!.includes(squeezed(body)) ? [] : name,
  )
  if (others.length === 0) return ok(name, `${functions.size} functions of onecount ${VERSION}`)
  const which = [
    ...others.slice(0, NAMED),
    ...(others.length > NAMED ? [`${others.length - NAMED} more`] : []),
  ]
  const madeBy = noted && noted.version !== VERSION ? ` (the database has those of ${noted.version})` : ''
  return fail(
    name,
    `not those of onecount ${VERSION}${madeBy}: ${which.join(', ')}`,
    `${apply}; where the database is the newer one, update the package instead`,
  )
}
