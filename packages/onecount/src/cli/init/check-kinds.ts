import type { Sql } from 'postgres'
import type { Config, KindConfig } from '../../config/define'
import type { Kind } from '../../core/kind'
import { COUNT_TYPES, columnTypesOf } from '../../postgres/column-types'
import { kindNames } from '../../postgres/kind-names'
import { mappingCheckSql } from '../../postgres/mapping-check-sql'
import { quoteName } from '../../postgres/names'
import { type Column, columnName, findColumns } from '../doctor/columns'
import { madeFor, shown } from '../doctor/made'
import { checkRequired } from '../doctor/required'
import { MissingSetting } from '../settings'
import { codeOf, whyOf } from '../unreachable'
import type { CatalogueTable } from './catalogue'
import { assertFits, notesOn } from './fit'
import { lookInto } from './look'
import { nameOfTable } from './naming'

/**
 * What to know of the tables of a configuration: of the file `path`, or without one of the options. Reads the
 * catalogue, and rows where one of their columns says that likes were removed.
 * @throws MissingSetting with all that keeps a kind from working, each with the field or the column; Unreachable
 */
export async function checkKinds(
  path: string | null,
  { kinds }: Config,
  databaseUrl: string,
  catalogue: CatalogueTable[],
): Promise<string[]> {
  const all: Kind[] = Object.values(kinds)
  const faults = await lookInto(databaseUrl, async sql => {
    const found: string[] = []
    for (const kind of all) found.push(...(await faultsOf(sql, kind, catalogue)))
    return found
  })
  if (faults.length > 0)
    throw new MissingSetting(
      `${path ?? 'This'} does not fit the database. Nothing was written. Correct this and run it again:\n\n${faults.map(fault => `  ${path ? fault : withOptions(fault)}`).join('\n')}`,
    )
  return all.flatMap(kind => [`${kind.name}: fits the database`, ...notesOn(asConfig(kind), catalogue)])
}

/** The options of fields, each by the end of its name. */
const OPTIONS: Record<string, string> = {
  'target.table': 'target',
  'target.id': 'id',
  'target.column': 'target-column',
  'target.count': 'count',
  'rows.table': 'rows',
  'rows.target': 'rows-target',
  'rows.actor': 'rows-actor',
  'rows.createdAt': 'created-at',
  actor: 'actor',
}

const withOptions = (fault: string): string =>
  fault.replace(/^kinds\.[^.]+\.([\w.]+):/, (field, end) => (OPTIONS[end] ? `--${OPTIONS[end]}:` : field))

const RELATIONS: Record<string, string> = { v: 'a view', m: 'a materialized view', f: 'a foreign table' }

async function faultsOf(sql: Sql, kind: Kind, catalogue: CatalogueTable[]): Promise<string[]> {
  const at = (field: string) => `kinds.${kind.name}.${field}`
  const { content, rows } = kindNames(kind)
  const tables = [
    { field: 'target.table', table: content, name: nameOfTable(kind.target) },
    { field: 'rows.table', table: rows, name: nameOfTable(kind.rows) },
  ]
  const faults: string[] = []
  for (const { field, table, name } of tables) {
    const [row] = await sql`select relkind from pg_class where oid = to_regclass(${table})`
    if (!row) faults.push(`${at(field)}: ${name} is not in the database`)
    else if (RELATIONS[row.relkind])
      faults.push(`${at(field)}: ${name} is ${RELATIONS[row.relkind]}; name a table`)
  }
  if (faults.length > 0) return faults
  const columns = columnsOf(kind)
  const find = await findColumns(sql, columns)
  for (const { types, field, typeField, ...column } of columns) {
    const found = find(column)
    if (!found) faults.push(`${at(field!)}: there is no column ${columnName(column)}`)
    else if (types && !types.includes(found.type))
      faults.push(
        `${at(typeField ?? field!)}: ${columnName(column)} is ${found.type}, not ${types.join(' or ')}`,
      )
  }
  if (faults.length > 0) return faults
  faults.push(
    ...faultsOfNulls(
      kind,
      columns.filter(column => !find(column)!.isRequired),
    ),
    ...(await faultOfKey(sql, kind)),
    ...faultOfPairs(kind, catalogue),
    ...(await faultOfRequired(sql, kind)),
  )
  return faults.length > 0 ? faults : faultOfMigration(sql, kind)
}

const NEVER_NULL = ['target.column', 'rows.target', 'rows.variant', 'rows.actor']

/** The migrations of the default kind make the columns so by themselves. */
const faultsOfNulls = (kind: Kind, nullable: Column[]): string[] =>
  nullable
    .filter(({ field }) => !kind.isDefault && NEVER_NULL.includes(field!))
    .map(
      column =>
        `kinds.${kind.name}.${column.field}: ${columnName(column)} may be null: delete the rows in which it is null, then: alter table ${shown(column.table)} alter column ${quoteName(column.name)} set not null`,
    )

const RAISED = 'P0001'
/** A statement that took too long, and a table that this user may not read. */
const UNKNOWN = ['57014', '42501']
const PATIENCE_MS = 5000

/** What the migration would refuse beyond that: its own words, from a transaction that can only read. */
async function faultOfMigration(sql: Sql, kind: Kind): Promise<string[]> {
  if (kind.isDefault) return []
  try {
    await sql.begin('isolation level read committed read only', async tx => {
      // It reads rows where a column says that likes were removed.
      await tx.unsafe(`set local statement_timeout = ${PATIENCE_MS}`)
      await tx.unsafe(mappingCheckSql(kind))
    })
    return []
  } catch (error) {
    const code = codeOf(error)
    // The migration itself will say it.
    if (UNKNOWN.includes(code)) return []
    if (code !== RAISED) throw error
    const { hint } = error as { hint?: string }
    return [`kinds.${kind.name}: ${whyOf(error)}${hint ? `: ${hint}` : ''}`]
  }
}

function columnsOf(kind: Kind): Column[] {
  const { target, rows, isDefault } = kind
  const { content, rows: table } = kindNames(kind)
  const types = columnTypesOf(kind)
  const TEXTS = ['text', 'character varying']
  const column = (table: string, name: string | null | undefined, more: Omit<Column, 'table' | 'name'>) =>
    typeof name === 'string' ? [{ table, name, ...more }] : []
  return [
    ...column(content, target.column, { types: types.post, field: 'target.column', typeField: 'target.id' }),
    ...column(content, target.count, { types: COUNT_TYPES, field: 'target.count' }),
    ...column(table, rows.target, { types: types.post, field: 'rows.target', typeField: 'target.id' }),
    ...column(table, rows.variant, { types: TEXTS, field: 'rows.variant' }),
    ...column(table, rows.actor, { types: types.session, field: 'rows.actor', typeField: 'actor' }),
    // The default kind does without one.
    ...column(table, isDefault ? null : rows.createdAt, { field: 'rows.createdAt' }),
  ]
}

async function faultOfKey(sql: Sql, kind: Kind): Promise<string[]> {
  const { target } = kind
  const [row] = await sql`
    select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
     where i.indrelid = to_regclass(${kindNames(kind).content}) and i.indisunique and i.indisvalid
       and i.indnkeyatts = 1 and i.indpred is null and a.attname = ${target.column}`
  return row
    ? []
    : [
        `kinds.${kind.name}.target.column: ${nameOfTable(target)}.${target.column} is not unique by itself: name the primary key, or make a unique index on it`,
      ]
}

/** A kind with variants has several rows of a pair: its migration looks at the keys. */
function faultOfPairs(kind: Kind, catalogue: CatalogueTable[]): string[] {
  if (kind.isDefault || kind.rows.variant !== undefined) return []
  // What must have a value is judged below, with the field that this configuration gives it.
  const others = catalogue.map(table => ({
    ...table,
    columns: table.columns.map(column => ({ ...column, needsValue: false })),
  }))
  try {
    assertFits(kind.name, asConfig(kind), others)
    return []
  } catch (error) {
    if (!(error instanceof MissingSetting)) throw error
    return [`kinds.${kind.name}.rows: ${error.message}`]
  }
}

async function faultOfRequired(sql: Sql, kind: Kind): Promise<string[]> {
  const { verdict, found, fix } = await checkRequired(sql, madeFor(kind))
  return verdict === 'fail' ? [`kinds.${kind.name}.rows: ${found}: ${fix}`] : []
}

const asConfig = ({ target, rows, variants }: Kind): KindConfig =>
  ({
    target: { table: nameOfTable(target), id: target.id, column: target.column },
    actor: rows.actorType,
    ...(variants && { variants }),
    rows: {
      table: nameOfTable(rows),
      target: rows.target,
      actor: rows.actor,
      ...(rows.variant !== undefined && { variant: rows.variant }),
      createdAt: rows.createdAt,
    },
  }) as KindConfig
