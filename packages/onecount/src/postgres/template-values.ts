import type { Kind } from '../core/kind'
import { countedType, SEPARATOR } from '../core/variants'
import { broadcastPolicy } from './broadcast-policy'
import { ACTORS, COUNT_TYPES, CREATED_TYPES, columnTypesOf, IDS, REMOVED_NAMES } from './column-types'
import { filledColumns, kindNames, mappingOf } from './kind-names'
import { KIND_TEMPLATE, VERSION } from './kind-template.generated'
import { lockStatement } from './lock-sql'
import { quoteName, quoteTable } from './names'
import { rowSql } from './row-sql'

/** Parameters and variables of the functions of a kind: a column of this name cannot be told from them. */
const VARIABLES = [...new Set(['nil', ...(KIND_TEMPLATE.match(/\b[pv]_[a-z_]+\b/g) ?? [])])].sort()

/** Which parts of a template a kind has. */
export function conditionsOf(kind: Kind, isShadow: boolean): Record<string, boolean> {
  const { isDefault, target, variants, rows } = kind
  const hasColumn = target.count !== null
  return {
    default: isDefault,
    mapped: !isDefault,
    shadow: isShadow,
    unshadowed: !isDefault && !isShadow,
    column: hasColumn,
    table: !hasColumn,
    timed: rows.createdAt !== null,
    text: target.id === 'text',
    variants: variants !== undefined,
    plain: variants === undefined,
    private: kind.isPrivate,
    public: !kind.isPrivate,
    elsewhere: schemasOf(kind).length > 0,
  }
}

/** What stands in a template for the tables and columns of a kind. */
export function valuesOf(kind: Kind): Record<string, string> {
  const { target, rows } = kind
  const type = countedType(kind)
  const [id, actor] = [IDS[type], ACTORS[rows.actorType]]
  const row = rowSql(kind)
  const { prefix, content, ...names } = kindNames(kind)
  const schemas = schemasOf(kind)
  const types = columnTypesOf(kind)
  const pair = [rows.target, ...(rows.variant ? [rows.variant] : []), rows.actor]
  const policy = broadcastPolicy(kind)
  return {
    kind: kind.name,
    'broadcast.name': policy.name,
    'broadcast.policy': policy.create,
    version: VERSION,
    mapping: mappingOf(kind),
    content,
    rows: names.rows,
    'content.id': quoteName(target.column),
    schemas: schemas.map(quoteName).join(', '),
    functions: prefix.replaceAll('_', '\\_').concat('%'),
    'post.id': names.id,
    'post.likes': names.likes,
    'post.rev': names.rev,
    'row.post': row.post(),
    'row.key': row.key,
    'row.target': quoteName(rows.target),
    'row.variant': quoteName(rows.variant ?? ''),
    'row.columns': row.columns,
    'row.counted': row.counted,
    'row.session': quoteName(rows.actor),
    'row.op': names.op,
    'row.created': rows.createdAt === null ? '' : quoteName(rows.createdAt),
    'type.post': type,
    'type.target': target.id,
    'own.post': row.ownType,
    'type.session': rows.actorType,
    'names.filled': filledColumns(kind)
      .map(name => `'${name}'`)
      .join(', '),
    'names.pair': pair.map(name => `'${name}'`).join(', '),
    'names.pair.shown': pair.join(', '),
    'names.pair.length': String(pair.length),
    'names.variables': VARIABLES.map(name => `'${name}'`).join(', '),
    'names.removed': REMOVED_NAMES.map(name => `'${name}'`).join(', '),
    fields: fieldsOf(kind)
      .map(([relation, name, field]) => `('${relation}'::regclass, '${name}', '${field}')`)
      .join(', '),
    'hint.several': `'${severalHint(kind)}'`,
    'types.target': types.post.map(type => `'${type}'`).join(', '),
    'types.count': COUNT_TYPES.map(type => `'${type}'`).join(', '),
    'types.created': CREATED_TYPES.map(type => `'${type}'`).join(', '),
    'types.session': types.session.map(type => `'${type}'`).join(', '),
    first: id.first,
    none: actor.none,
    probe: actor.probe,
    'schema.texts': schemas.map(schema => `'${schema.replaceAll("'", "''")}'`).join(', '),
    'actor.cast': actor.cast,
    partition: IDS[target.id].partition(row.targetOf('p_post')),
    variants: row.variants,
    separator: SEPARATOR,
    locks: lockStatement([kind]),
    twice: pair
      .map(column => `a.${quoteName(column)} = b.${quoteName(column)}`)
      .join(' and ')
      .replaceAll("'", "''"),
  }
}

/** Columns of the application as their names are, without quotes. */
export const bareNamesOf = ({ target, rows }: Kind): Record<string, string> => ({
  'content.id': target.column,
  'row.target': rows.target,
  'row.variant': rows.variant ?? '',
  'row.session': rows.actor,
  'row.created': rows.createdAt ?? '',
  'post.likes': target.count ?? '',
})

/** The columns that the configuration names: their tables, their names and the fields. */
function fieldsOf(kind: Kind): [table: string, name: string, field: string][] {
  const { target, rows } = kind
  const { content, rows: table } = kindNames(kind)
  const all: [string, string | null | undefined, string][] = [
    [content, target.column, 'target.column'],
    [content, target.count, 'target.count'],
    [table, rows.target, 'rows.target'],
    [table, rows.variant, 'rows.variant'],
    [table, rows.createdAt, 'rows.createdAt'],
    [table, rows.actor, 'rows.actor'],
  ]
  return all.flatMap(([table, name, field]) => (typeof name === 'string' ? [[table, name, field]] : []))
}

/** Schemas of its tables other than `public`. */
const schemasOf = ({ target, rows }: Kind) =>
  [...new Set([target.schema, rows.schema])].filter(schema => schema !== 'public')

/** What to do where rows of a person for one target are several: none of them is to be deleted unseen. */
function severalHint({ variants, rows }: Kind): string {
  if (variants !== undefined)
    return `Decide which one row of a person, target and ${rows.variant} stays, and make those three columns unique.`
  const index = `create unique index on ${quoteTable(rows)} (${quoteName(rows.target)}, ${quoteName(rows.actor)})`
  return `Where the column says what a person gives, as an emoji, the kind has variants, rows.variant is that column, and there is no target.count. Where a person has one row for a target: ${index}`
}
