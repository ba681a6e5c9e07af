import type { KindConfig } from '../../config/define'
import { quoteName, quoteTable } from '../../postgres/names'
import { defaultFor } from '../required-columns'
import { MissingSetting } from '../settings'
import type { CatalogueTable, Column } from './catalogue'
import { nameOfTable } from './naming'

/** Refuses tables that a kind cannot be kept in as they are. @throws MissingSetting that says what to change */
export function assertFits({ rows }: KindConfig, catalogue: CatalogueTable[]): void {
  const table = findRows(rows, catalogue)
  if (!table) return
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
    ...unfilledColumns(rows, table).map(
      ({ name }) =>
        `${rows.table} has the column ${name}, which must have a value: see that a trigger gives it one for each row`,
    ),
  ]
}

const findRows = ({ table }: KindConfig['rows'], catalogue: CatalogueTable[]) =>
  catalogue.find(other => nameOfTable(other) === table)

/** Columns that must have a value, and that a press does not fill. */
const unfilledColumns = (
  { target, actor, variant, createdAt = 'created_at' }: KindConfig['rows'],
  { columns }: CatalogueTable,
): Column[] => {
  const filled = [target, actor, variant, createdAt, 'onecount_op']
  return columns.filter(({ name, needsValue }) => needsValue && !filled.includes(name))
}

const adviceFor = (table: CatalogueTable, { name, type, isKey }: Column): string =>
  defaultFor(quoteTable(table).replace(/^public\./, ''), quoteName(name), type, isKey)
