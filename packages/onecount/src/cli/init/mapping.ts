import { type Config, defineConfig, type KindConfig } from '../../config/define'
import { parseTable } from '../../postgres/names'
import { MissingSetting } from '../settings'
import type { CatalogueTable } from './catalogue'
import { assertFits } from './fit'
import { type Candidate, type Draft, findCandidates, inspect, targetOf } from './inspect'
import { assertWhole, commandOf } from './missing'
import { isLikesName, kindNameOf, longKindNameOf, nameOfTable } from './naming'
import { MAPPING_OPTIONS, type MappingValues } from './options'

/** What is counted: kinds by their names, as `defineConfig` takes them. */
export type Mapping = Record<string, KindConfig>

/** Several tables, or none, may be meant: `candidates` are those. */
export class Ambiguous extends MissingSetting {
  constructor(
    message: string,
    readonly candidates: Candidate[],
  ) {
    super(message)
  }
}

/** What a mapping needs at least, where there is no database to look at. */
const NEEDED = ['target', 'id', 'rows', 'rows-target', 'rows-actor', 'actor'] as const

/**
 * The kinds that the options say, and what they leave out as the catalogue shows it.
 * @throws Ambiguous; MissingSetting that names the option; OnecountError `misconfigured`
 */
export function proposeMapping(given: MappingValues, catalogue: CatalogueTable[] | null): Mapping {
  const values = withPlainNames(given)
  const option = Object.keys(MAPPING_OPTIONS).find(name => values[name as keyof MappingValues] !== undefined)
  if (option && (values.kind?.length ?? 0) > 1)
    throw new MissingSetting(
      `--${option} is for one kind: name one with --kind, and add others to the configuration`,
    )
  oneOf('id', values.id, ['uuid', 'bigint', 'text'])
  oneOf('actor', values.actor, ['uuid', 'text'])
  const mapping = !catalogue
    ? fromOptions(values)
    : values.rows
      ? fromTable(values.rows, values, catalogue)
      : fromCandidates(values, catalogue)
  check(mapping)
  if (catalogue) for (const [name, kind] of Object.entries(mapping)) assertFits(name, kind, catalogue)
  return mapping
}

function oneOf(option: string, value: string | undefined, allowed: string[]): void {
  if (value !== undefined && !allowed.includes(value))
    throw new MissingSetting(`--${option} ${value} is not known: use ${allowed.join(', ')}`)
}

/** @throws OnecountError `misconfigured` */
export const check = (mapping: Mapping): Config => defineConfig({ kinds: mapping })

function fromOptions(values: MappingValues): Mapping {
  const missing = NEEDED.filter(name => !values[name]).map(name => `--${name}`)
  if (missing.length > 0)
    throw new MissingSetting(
      `DATABASE_URL is not set, so the tables cannot be looked at: set it, or say ${missing.join(', ')}`,
    )
  const kind = values.kind?.[0] ?? kindNameOf(values.rows!)
  return { [kind]: withOptions(kind, { rows: { table: values.rows! } }, values, []) }
}

function fromTable(rows: string, values: MappingValues, catalogue: CatalogueTable[]): Mapping {
  const table = findTable('rows', rows, catalogue)
  for (const option of ['rows-target', 'rows-actor', 'created-at'] as const)
    if (values[option] !== 'none') findColumn(option, values[option], table)
  const kind = values.kind?.[0] ?? kindNameOf(rows)
  const { target: given, 'target-column': id, 'rows-target': column, 'rows-actor': actor } = values
  const draft = inspect(table, catalogue, { target: given, column, actor, kind })
  const targetName = given ?? draft.target?.table
  if (targetName !== undefined) {
    const target = findTable('target', targetName, catalogue)
    findColumn('target-column', id, target)
    if (values.count !== 'none') findColumn('count', values.count, target)
    if (!draft.target || id !== undefined) draft.target = targetOf(target, id, [kind, kindNameOf(rows)])
  }
  return { [kind]: withOptions(kind, draft, values, catalogue) }
}

/** A table as it is named in messages and in a configuration: also where it was given as SQL has it, `"Blog"."Posts"`. */
function withPlainNames(values: MappingValues): MappingValues {
  const plain = { ...values }
  for (const option of ['target', 'rows'] as const) {
    const table = parseTable(values[option] ?? '')
    if (table) plain[option] = nameOfTable(table)
  }
  return plain
}

function findTable(option: string, name: string, catalogue: CatalogueTable[]): CatalogueTable {
  const table = catalogue.find(table => nameOfTable(table) === name)
  if (!table)
    throw new MissingSetting(`--${option} ${name} is not in the database: it has ${namesOf(catalogue)}`)
  return table
}

const MOST_NAMES = 20
const namesOf = (catalogue: CatalogueTable[]): string =>
  [...catalogue.slice(0, MOST_NAMES).map(nameOfTable), ...(catalogue.length > MOST_NAMES ? ['…'] : [])].join(
    ', ',
  ) || 'no tables'

function findColumn(option: string, name: string | undefined, { columns, ...table }: CatalogueTable): void {
  if (name === undefined || columns.some(column => column.name === name)) return
  throw new MissingSetting(
    `--${option} ${name} is no column of ${nameOfTable(table)}: it has ${columns.map(({ name }) => name).join(', ')}`,
  )
}

/** What was said takes the place of what was found. @throws MissingSetting where something is still unknown */
function withOptions(
  kind: string,
  draft: Draft,
  values: MappingValues,
  catalogue: CatalogueTable[],
): KindConfig {
  const { count, 'target-column': column, 'created-at': createdAt } = values
  const { count: found, ...target } = {
    ...draft.target,
    ...(values.target && { table: values.target }),
    ...(values.id && { id: values.id }),
    ...(column && { column }),
  } as NonNullable<Draft['target']>
  const shown = count === 'none' ? undefined : (count ?? found)
  const whole: Draft = {
    target: { ...target, ...(shown && { count: shown }) },
    rows: {
      ...draft.rows,
      ...(values['rows-target'] && { target: values['rows-target'] }),
      ...(values['rows-actor'] && { actor: values['rows-actor'] }),
      ...(createdAt && { createdAt: createdAt === 'none' ? null : createdAt }),
    },
    actor: (values.actor as Draft['actor']) ?? draft.actor,
  }
  assertWhole(whole, kind, values, catalogue)
  return whole
}

function fromCandidates(values: MappingValues, catalogue: CatalogueTable[]): Mapping {
  if (values.target !== undefined) findTable('target', values.target, catalogue)
  const found = withOwnNames(findCandidates(catalogue))
  const all = found.filter(
    ({ config }) => values.target === undefined || config.target.table === values.target,
  )
  const named = all.filter(({ isNamed }) => isNamed)
  if (all.length === 0) {
    const [obscure, ...others] = findObscure(values, catalogue, found)
    if (obscure && others.length > 0) chooseRows([obscure, ...others], values)
    if (obscure) return fromTable(nameOfTable(obscure), values, catalogue)
  }
  const chosen = values.kind ? values.kind.map(kind => findKind(kind, all)) : named
  if (!values.kind && named.length !== 1) throw toAmbiguous(named.length > 0 ? named : all)
  return Object.fromEntries(
    chosen.map(({ kind, config }) => [kind, withOptions(kind, config, values, catalogue)]),
  )
}

/** Tables that are called as tables of likes are, and whose columns do not show all: that is asked for by name. */
function findObscure(
  values: MappingValues,
  catalogue: CatalogueTable[],
  candidates: Candidate[],
): CatalogueTable[] {
  const named = catalogue.filter(
    table =>
      isLikesName(table.table) &&
      // A candidate shows all, of another target than the one that is meant.
      !candidates.some(({ config }) => config.rows.table === nameOfTable(table)) &&
      (!values.kind || values.kind.join() === kindNameOf(table.table)),
  )
  const given = [values['rows-target'], values['rows-actor']].filter(name => name !== undefined)
  const fitting = named.filter(({ columns }) =>
    given.every(name => columns.some(column => column.name === name)),
  )
  return fitting.length > 0 ? fitting : named
}

/** @throws Ambiguous with a command for each of the tables */
function chooseRows(tables: CatalogueTable[], values: MappingValues): never {
  const commands = tables.map(table => `  ${commandOf(kindNameOf(table.table), nameOfTable(table), values)}`)
  throw new Ambiguous(
    `Several tables are called as likes, and none shows by itself how it is mapped: choose with --rows\n\n${commands.join('\n')}`,
    [],
  )
}

function findKind(kind: string, candidates: Candidate[]): Candidate {
  const found = candidates.find(candidate => candidate.kind === kind)
  if (found) return found
  throw new Ambiguous(
    `No table looks like a kind ${kind}: name its table with --rows${listOf(candidates)}`,
    candidates,
  )
}

/** Names that differ, and that a kind can have. */
function withOwnNames(candidates: Candidate[]): Candidate[] {
  return candidates.map(candidate => {
    const { kind, config } = candidate
    const isShared = candidates.filter(other => other.kind === kind).length > 1
    return isShared || !canBe(kind, config)
      ? { ...candidate, kind: longKindNameOf(config.rows.table) }
      : candidate
  })
}

function canBe(kind: string, config: KindConfig): boolean {
  try {
    check({ [kind]: config })
    return true
  } catch {
    return false
  }
}

function toAmbiguous(candidates: Candidate[]): Ambiguous {
  const message =
    candidates.length === 0
      ? 'No table of the database looks like likes: name it with --rows TABLE, and --kind NAME'
      : `${candidates.length === 1 ? 'One table' : 'Several tables'} may be meant: choose with --kind`
  return new Ambiguous(`${message}${listOf(candidates)}`, candidates)
}

function listOf(candidates: Candidate[]): string {
  if (candidates.length === 0) return ''
  const lines = candidates.map(
    ({ kind, config }) => `  npx onecount init --kind ${kind}\n    ${describe(config)}`,
  )
  return `\n\n${lines.join('\n')}`
}

/** One kind in a line, for people. */
export function describe({ target, rows, actor }: KindConfig): string {
  const count = target.count ? `, counted in ${target.count}` : ''
  return `${target.table} (${target.column ?? 'id'} ${target.id})${count}; ${rows.table} (${rows.target}, ${rows.actor} ${actor})`
}
