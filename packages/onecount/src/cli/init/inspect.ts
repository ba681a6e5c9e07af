import { DEFAULT_KIND_CONFIG, type KindConfig } from '../../config/define'
import type { ActorType, IdType, Table } from '../../core/kind'
import type { CatalogueTable, Column } from './catalogue'
import {
  isLikesName,
  isNamedAfter,
  isPeopleColumn,
  isPeopleName,
  kindNameOf,
  nameOfTable,
  singular,
  subjectOf,
  subjectOfTable,
  wordsOf,
} from './naming'

/** A mapping that is not whole yet: what is absent could not be told from the catalogue. */
export interface Draft {
  target?: { table?: string; id?: IdType; column?: string; count?: string }
  rows: { table: string; target?: string; actor?: string; createdAt?: string | null }
  actor?: ActorType
}

/** A table that may hold likes, and what it would be as a kind. */
export interface Candidate {
  kind: string
  config: KindConfig
  /** Whether it is called as tables of likes are. */
  isNamed: boolean
  /** Triggers of the application on its rows. */
  triggers: string[]
}

/** What was said of a table beforehand. */
export interface Hints {
  /** What is liked, as a configuration names it. */
  target?: string
  /** The column that names it. */
  column?: string
  /** The column that names the actor. */
  actor?: string
  /** The name of the kind, by which a count is looked for. */
  kind?: string
}

const IDS: Record<string, IdType> = {
  uuid: 'uuid',
  bigint: 'bigint',
  integer: 'bigint',
  smallint: 'bigint',
  text: 'text',
  'character varying': 'text',
}
const ACTORS: Record<string, ActorType> = { uuid: 'uuid', text: 'text', 'character varying': 'text' }
const INTEGERS = ['bigint', 'integer', 'smallint']

/** The tables that hold who likes what, as far as their names, keys and columns show it. */
export function findCandidates(catalogue: CatalogueTable[]): Candidate[] {
  return catalogue.flatMap(rows => {
    if (isDefaultRows(rows, catalogue))
      return [{ kind: 'like', config: DEFAULT_KIND_CONFIG, isNamed: true, triggers: rows.triggers }]
    const isNamed = isLikesName(rows.table)
    const draft = inspect(rows, catalogue)
    if (!isWhole(draft) || !(isNamed || (isJoin(rows, draft) && !isPeopleName(rows.table)))) return []
    return [{ kind: kindNameOf(rows.table), config: draft, isNamed, triggers: rows.triggers }]
  })
}

/** Whether these are the rows that are counted without a configuration, beside their targets. */
function isDefaultRows(rows: CatalogueTable, catalogue: CatalogueTable[]): boolean {
  const of = DEFAULT_KIND_CONFIG
  const targets = catalogue.find(table => nameOfTable(table) === of.target.table)
  const typeOf = (table: CatalogueTable | undefined, column: string) =>
    table?.columns.find(({ name }) => name === column)?.type ?? ''
  return (
    nameOfTable(rows) === of.rows.table &&
    IDS[typeOf(rows, of.rows.target)] === of.target.id &&
    ACTORS[typeOf(rows, of.rows.actor)] === of.actor &&
    IDS[typeOf(targets, 'id')] === of.target.id &&
    INTEGERS.includes(typeOf(targets, of.target.count!))
  )
}

/** The integer columns of a target that may show a count of likes, by their names. Those of onecount show none. */
export function countColumns(target: string, catalogue: CatalogueTable[]): string[] {
  const columns = catalogue.find(table => nameOfTable(table) === target)?.columns ?? []
  return columns.flatMap(({ name, type }) =>
    INTEGERS.includes(type) && !name.startsWith('onecount_') && isCountName(name) ? [name] : [],
  )
}

/** Whether a table of rows other than `rows` says by its name that the column counts its own. */
export const isCountOfOthers = (
  column: string,
  target: string,
  rows: string,
  catalogue: CatalogueTable[],
): boolean =>
  catalogue.some(table => {
    if (nameOfTable(table) === rows) return false
    const other = inspect(table, catalogue).target
    return other?.table === target && other.count === column
  })

export const isIdType = (type: string): boolean => IDS[type] !== undefined

export const isWhole = (draft: Draft): draft is Draft & KindConfig =>
  Boolean(draft.target?.table && draft.target.id && draft.rows.target && draft.rows.actor && draft.actor)

/** A table of pairs and little else: each pair once, both columns with a foreign key. */
function isJoin(table: CatalogueTable, { rows }: Draft): boolean {
  const pair = [rows.target, rows.actor].sort().join()
  const hasKey = (column: string | undefined) => table.references.some(key => key.column === column)
  return (
    table.uniques.some(columns => columns.slice().sort().join() === pair) &&
    hasKey(rows.target) &&
    hasKey(rows.actor) &&
    table.columns.length <= 4
  )
}

/** What a table of rows would be as a kind. */
export function inspect(table: CatalogueTable, catalogue: CatalogueTable[], hints: Hints = {}): Draft {
  const actor = findActor(table, hints)
  const found = findTarget(table, catalogue, actor?.name, hints)
  const created = table.columns.find(
    ({ name, type }) => isCreated(name) && type.startsWith('timestamp'),
  )?.name
  return {
    ...(found && { target: targetOf(found.table, found.at, [kindNameOf(table.table), hints.kind ?? '']) }),
    rows: {
      table: nameOfTable(table),
      ...(found && { target: found.column }),
      ...(actor && { actor: actor.name }),
      ...(created !== 'created_at' && { createdAt: created ?? null }),
    },
    ...(actor && ACTORS[actor.type] && { actor: ACTORS[actor.type] }),
  }
}

const isCreated = (name: string): boolean => wordsOf(name).join('_') === 'created_at'

function findActor(
  { table, columns, references }: CatalogueTable,
  { actor, column }: Hints,
): Column | undefined {
  if (actor) return columns.find(({ name }) => name === actor)
  const possible = columns.filter(
    ({ name, type }) => name !== column && ACTORS[type] && subjectOf(name) !== subjectOfTable(table),
  )
  const toPeople = possible.find(({ name }) =>
    references.some(key => key.column === name && isPeopleName(key.to.table)),
  )
  return toPeople ?? possible.find(({ name }) => isPeopleColumn(name))
}

/** The column that names what is liked, its table, and the column there; undefined where several may be meant. */
function findTarget(
  table: CatalogueTable,
  catalogue: CatalogueTable[],
  actor: string | undefined,
  hints: Hints,
) {
  const options = table.columns.flatMap(({ name, isRequired }) => {
    if (name === actor || (hints.column && name !== hints.column)) return []
    const key = table.references.find(({ column }) => column === name)
    const to = catalogue.find(other => (key ? isSame(other, key.to) : isMeant(other, name, hints)))
    if (!to || isSame(to, table) || (hints.target && nameOfTable(to) !== hints.target)) return []
    const at = key?.at ?? primaryKeyOf(to)
    const type = to.columns.find(column => column.name === at)?.type
    return at && type && IDS[type] ? [{ column: name, table: to, at, isKey: Boolean(key), isRequired }] : []
  })
  const choose = (among: typeof options) => {
    const keys = among.filter(({ isKey }) => isKey)
    const namesake = among.find(({ column }) => subjectOf(column) === subjectOfTable(table.table))
    return namesake ?? [keys, among].find(({ length }) => length === 1)?.[0]
  }
  // A column that may be null is refused later with what to do; beside one that may not it is about something else.
  return choose(options.filter(({ isRequired }) => isRequired)) ?? choose(options)
}

/** Of a column without a foreign key. */
const isMeant = (table: CatalogueTable, column: string, hints: Hints): boolean =>
  hints.column === column && hints.target
    ? nameOfTable(table) === hints.target
    : isNamedAfter(column, table.table)

const isSame = (a: Table, b: Table): boolean => a.schema === b.schema && a.table === b.table

/** The column `id`, else the only one of a unique index. An `id` that is not unique is refused later. */
function primaryKeyOf({ uniques, columns }: CatalogueTable): string | undefined {
  const single = uniques.filter(columns => columns.length === 1).flat()
  return single.find(name => name === 'id') ?? single[0] ?? columns.find(({ name }) => name === 'id')?.name
}

/** The target of a kind: its id, and the column of the count where one is called like one of `names`. */
export function targetOf(table: CatalogueTable, at: string | undefined, names: string[]): Draft['target'] {
  const column = at ?? primaryKeyOf(table)
  const type = table.columns.find(({ name }) => name === column)?.type
  const count = table.columns.find(({ name, type }) => INTEGERS.includes(type) && isCountOf(name, names))
  return {
    table: nameOfTable(table),
    ...(type && IDS[type] && { id: IDS[type] }),
    ...(column && column !== 'id' && { column }),
    ...(count && { count: count.name }),
  }
}

const ABOUT_COUNTS = ['cached', 'count', 'counter', 'num', 'number', 'of', 'total']

/** `like_count`, `votes`, `total`: of likes, or of nothing that the name says. */
function isCountName(column: string): boolean {
  const words = wordsOf(column).map(singular)
  return words.some(isLikesName) || words.every(word => ABOUT_COUNTS.includes(word))
}

/** `like_count`, `likesCount`, `likes`, `num_likes`, `total_likes`. */
function isCountOf(column: string, names: string[]): boolean {
  const about = wordsOf(column).filter(word => !ABOUT_COUNTS.includes(word))
  return about.length === 1 && names.includes(singular(about[0]!))
}
