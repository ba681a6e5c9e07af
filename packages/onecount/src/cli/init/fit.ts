import type { KindConfig } from '../../config/define'
import { REMOVED_NAMES } from '../../postgres/column-types'
import { quoteName, quoteTable } from '../../postgres/names'
import { defaultFor } from '../required-columns'
import { MissingSetting } from '../settings'
import type { CatalogueTable, Column } from './catalogue'
import { configText } from './config-file'
import { nameOfTable } from './naming'

/** Refuses tables that a kind cannot be kept in as they are. @throws MissingSetting that says what to change */
export function assertFits(name: string, kind: KindConfig, catalogue: CatalogueTable[]): void {
  const { rows } = kind
  const table = findRows(rows, catalogue)
  if (!table) return
  assertPairs(name, kind, table)
  assertManyEach(kind, table)
  const [column] = unfilledColumns(rows, table)
  if (column && !table.hasFillingTrigger)
    throw new MissingSetting(
      `${rows.table} has the column ${column.name}, which must have a value, and onecount has none for it: give it a default, then run this again\n\n  ${adviceFor(table, column)}`,
    )
}

/** What to see to in tables that fit. */
export function notesOn({ rows }: KindConfig, catalogue: CatalogueTable[]): string[] {
  const table = findRows(rows, catalogue)
  if (!table) return []
  const { triggers } = table
  return [
    ...(triggers.length > 0
      ? [
          `${rows.table} has triggers (${triggers.join(', ')}): drop those that change the count, onecount counts now`,
        ]
      : []),
    ...removedColumns(rows, table).map(
      ({ name }) =>
        `${rows.table} has the column ${name}: onecount counts every row, also one that has it set. Code that unlikes deletes the row`,
    ),
    ...unfilledColumns(rows, table).map(
      ({ name }) =>
        `${rows.table} has the column ${name}, which must have a value: see that a trigger gives it one for each row`,
    ),
  ]
}

/** One row a pair: rows that can be several, or that are not all likes, are something else. */
function assertPairs(name: string, kind: KindConfig, table: CatalogueTable): void {
  const { rows } = kind
  const pair = [rows.target, rows.actor]
  const hasPair = (columns: string[]) => pair.every(column => columns.includes(column))
  if (table.uniques.some(columns => columns.length === pair.length && hasPair(columns))) return
  const partial = table.partialUniques.find(({ columns }) => hasPair(columns))
  if (partial)
    throw new MissingSetting(
      `${rows.table} is unique on ${pair.join(', ')} only where ${partial.where}: the other rows are no likes, and onecount would count them. Keep likes alone in the table, make the index for all rows, then run this again`,
    )
  const wider = table.uniques.find(columns => hasPair(columns) && !columns.some(isKeyOf(table)))
  const more = wider ? wider.filter(column => !pair.includes(column)) : freeColumns(rows, table)
  if (more.length === 0) return
  const why = wider ? `its key is (${wider.join(', ')})` : `no key says that (${pair.join(', ')}) is unique`
  const columns = pair.map(quoteName).join(', ')
  throw new MissingSetting(
    `${rows.table} can have several rows of a person for one target: ${why}.${variantsAdvice(name, kind, more, table)}\n\nWhere a person has one row for a target all the same, say so in the database and run this again:\n\n  create unique index on ${tableName(table)} (${columns})`,
  )
}

/** A key on a part of the pair refuses every press beyond the first. */
function assertManyEach({ rows }: KindConfig, table: CatalogueTable): void {
  const pair = [rows.target, ...(rows.variant === undefined ? [] : [rows.variant]), rows.actor]
  const narrow = table.uniques.find(
    columns =>
      columns.every(column => pair.includes(column)) &&
      !(columns.includes(rows.target) && columns.includes(rows.actor)),
  )
  if (narrow)
    throw new MissingSetting(
      `${rows.table} is unique on (${narrow.join(', ')}) alone: every press beyond the first would be refused. Drop that key, make one on (${pair.join(', ')}), then run this again`,
    )
}

/** How a kind with variants is written, where a column can hold them. */
function variantsAdvice(name: string, kind: KindConfig, more: string[], table: CatalogueTable): string {
  const variant = more.find(column => isVariantType(table.columns.find(({ name }) => name === column)))
  if (variant === undefined) return ''
  const { count, ...target } = kind.target
  const config = { ...kind, target, variants: ['👍', '🎉'], rows: { ...kind.rows, variant } }
  return ` Where ${variant} says what the person gives, as an emoji, this is a kind with \`variants\`, which init does not write: write the configuration with the variants that you show, and run this again:\n\n${configText(
    { [name]: config },
  )
    .trimEnd()
    .replace(/^(?=.)/gm, '  ')}`
}

const isVariantType = (column: Column | undefined): boolean =>
  column !== undefined &&
  !/^(bigint|integer|smallint|numeric|boolean|real|double|json|uuid|time|date)/.test(column.type)

const isKeyOf =
  ({ columns }: CatalogueTable) =>
  (column: string): boolean =>
    columns.some(({ name, isKey }) => name === column && isKey)

/** What may tell rows of one pair apart: neither a key of its own nor a time. */
const freeColumns = (rows: KindConfig['rows'], { columns }: CatalogueTable): string[] =>
  columns
    .filter(
      ({ name, type, isKey }) => !filledBy(rows).includes(name) && !isKey && !/^(timestamp|date$)/.test(type),
    )
    .map(({ name }) => name)

const findRows = ({ table }: KindConfig['rows'], catalogue: CatalogueTable[]) =>
  catalogue.find(other => nameOfTable(other) === table)

/** Columns that must have a value, and that a press does not fill. */
const unfilledColumns = (rows: KindConfig['rows'], { columns }: CatalogueTable): Column[] =>
  columns.filter(({ name, needsValue }) => needsValue && !filledBy(rows).includes(name))

/** Columns that may say of a row that it is none any more. */
const removedColumns = (rows: KindConfig['rows'], { columns }: CatalogueTable): Column[] =>
  columns.filter(
    ({ name, type, isRequired }) =>
      !filledBy(rows).includes(name) &&
      REMOVED_NAMES.includes(name.replaceAll('_', '').toLowerCase()) &&
      (type === 'boolean' || (!isRequired && /^(timestamp|date$)/.test(type))),
  )

const filledBy = ({ target, actor, variant, createdAt = 'created_at' }: KindConfig['rows']): unknown[] => [
  target,
  actor,
  variant,
  createdAt,
  'onecount_op',
]

const tableName = (table: CatalogueTable): string => quoteTable(table).replace(/^public\./, '')

const adviceFor = (table: CatalogueTable, { name, type, isKey }: Column): string =>
  defaultFor(tableName(table), quoteName(name), type, isKey)
