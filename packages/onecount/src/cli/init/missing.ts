import type { KindConfig } from '../../config/define'
import { MissingSetting } from '../settings'
import { shellOption } from '../shell'
import type { CatalogueTable } from './catalogue'
import { countColumns, type Draft, isCountOfOthers, isIdType, isWhole } from './inspect'
import { nameOfTable } from './naming'
import { MAPPING_OPTIONS, type MappingValues } from './options'

/** An option that has to be said. */
interface Missing {
  option: keyof typeof MAPPING_OPTIONS
  /** The only value that is possible, else a placeholder. */
  value: string
  remark?: string
}

const COLUMN = 'COLUMN'

/**
 * Refuses a mapping of which the catalogue shows too little: all that is missing is said at once, with the command that
 * says it.
 * @throws MissingSetting
 */
export function assertWhole(
  draft: Draft,
  kind: string,
  values: MappingValues,
  catalogue: CatalogueTable[],
): asserts draft is Draft & KindConfig {
  const { target, rows, actor } = draft
  const findTable = (name: string | undefined) => catalogue.find(table => nameOfTable(table) === name)
  const counts = values.count === undefined ? unclearCounts(draft, catalogue) : []
  const missing: Missing[] = [
    ...when<Missing>(!rows.target, {
      option: 'rows-target',
      value: columnLeft(findTable(rows.table), draft),
    }),
    ...when<Missing>(!rows.actor, { option: 'rows-actor', value: COLUMN }),
    ...when<Missing>(!target?.table, { option: 'target', value: 'TABLE' }),
    ...when<Missing>(target?.table && !target.id, {
      option: 'target-column',
      value: COLUMN,
      remark: ', whose type is uuid, an integer or text',
    }),
    ...when<Missing>(rows.actor && !actor, {
      option: 'actor',
      value: 'TYPE',
      remark: ', as uuid or text (other types are not supported)',
    }),
    ...when<Missing>(counts.length > 0, {
      option: 'count',
      value: counts.length === 1 ? counts[0]! : 'NAME',
    }),
  ]
  if (missing.length === 0) return
  const said = missing.map(({ option, remark = '' }) => `--${option}${remark}`).join(', ')
  const looked = [
    ...when(missing.some(isColumnOfRows), findTable(rows.table)),
    ...when(target?.table && !target.id, findTable(target?.table)),
  ]
  const paragraphs = [
    ...when(!isWhole(draft), `${rows.table} does not show by itself how it is mapped: say ${said}`),
    ...when(
      counts.length > 0,
      `${target?.table} has columns that may show the count of ${kind}: ${counts.join(', ')}. Say --count NAME for one of them, or --count none where onecount is to keep the counts and begins with the rows`,
    ),
    `  ${commandOf(kind, rows.table, values, missing)}`,
    ...looked.flatMap(table => (table ? [`${nameOfTable(table)} has the columns ${namesOf(table)}`] : [])),
  ]
  throw new MissingSetting(paragraphs.join('\n\n'))
}

const when = <T>(condition: unknown, value: T): T[] => (condition ? [value] : [])

const namesOf = ({ columns }: CatalogueTable): string => columns.map(({ name }) => name).join(', ')

const isColumnOfRows = ({ option, value }: Missing): boolean => option.startsWith('rows-') && value === COLUMN

/** Where the target has a count already, starting from the rows would lose it: the columns that may be it. */
function unclearCounts({ target, rows }: Draft, catalogue: CatalogueTable[]): string[] {
  const table = target?.table
  if (!table || target.count !== undefined) return []
  return countColumns(table, catalogue).filter(
    column => !isCountOfOthers(column, table, rows.table, catalogue),
  )
}

/** The column of the target where no other can be it. */
function columnLeft(table: CatalogueTable | undefined, { rows }: Draft): string {
  const left = table?.columns.filter(
    ({ name, type, isKey }) => name !== rows.actor && !isKey && isIdType(type),
  )
  return rows.actor && left?.length === 1 ? left[0]!.name : COLUMN
}

/** Says the options that were given, and those that are missing. */
export function commandOf(
  kind: string,
  rows: string,
  values: MappingValues,
  missing: Missing[] = [],
): string {
  const all: Record<string, string | undefined> = {
    ...values,
    ...Object.fromEntries(missing.map(({ option, value }) => [option, value])),
    kind,
    rows,
  }
  const options = ['kind', ...Object.keys(MAPPING_OPTIONS)].flatMap(option =>
    all[option] === undefined ? [] : shellOption(option, all[option]),
  )
  return ['npx onecount init', ...options].join(' ')
}
