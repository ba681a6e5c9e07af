import type { Sql } from 'postgres'
import { countedType } from '../../core/variants'
import { COUNT_TYPES, columnTypesOf } from '../../postgres/column-types'
import { type Finding, fail, ok } from './check'
import { type Column, columnName, findColumns } from './columns'
import type { Made } from './made'

const BIGINT = ['bigint']
const TEXTS = ['text', 'character varying']

/** Columns of the tables that onecount makes, of which each needs one that the version before had not. */
const OWN: [table: string, column: string][] = [
  ['tombstones', 'op'],
  ['log', 'prev'],
  ['log', 'post_id'],
  ['log', 'session_id'],
  ['log_sums', 'change'],
  ['settings', 'partitions'],
  ['settings', 'has_redis'],
  ['unseen', 'op'],
  ['receipt', 'nonce'],
  ['receipt', 'owner'],
  ['refused', 'op'],
]

function columnsOf({ kind, names }: Made): Column[] {
  const { target, rows } = kind
  const types = columnTypesOf(kind)
  const { content, counts } = names
  return [
    {
      table: content,
      name: target.column,
      types: types.post,
      field: 'target.column',
      typeField: 'target.id',
    },
    target.count === null
      ? { table: counts, name: names.likes, types: BIGINT }
      : {
          table: content,
          name: target.count,
          types: COUNT_TYPES,
          field: 'target.count',
          typeField: 'target.count',
        },
    { table: counts, name: names.rev, types: BIGINT },
    { table: names.rows, name: rows.target, types: types.post, field: 'rows.target', typeField: 'target.id' },
    ...(rows.variant === undefined
      ? []
      : [{ table: names.rows, name: rows.variant, types: TEXTS, field: 'rows.variant' }]),
    { table: names.rows, name: rows.actor, types: types.session, field: 'rows.actor', typeField: 'actor' },
    // The default kind does without one.
    ...(rows.createdAt === null || kind.isDefault
      ? []
      : [{ table: names.rows, name: rows.createdAt, field: 'rows.createdAt' }]),
    { table: names.rows, name: names.op, types: BIGINT },
    ...OWN.map(([table, name]) => ({
      table: `public.${names.own}${table}`,
      name,
      ...(name === 'post_id' && { types: [countedType(kind)] }),
      ...(name === 'session_id' && { types: [rows.actorType] }),
    })),
  ]
}

export async function checkTables(sql: Sql, made: Made): Promise<Finding> {
  const columns = columnsOf(made)
  const find = await findColumns(sql, columns)
  const absent = columns.filter(column => !find(column))
  if (absent.length > 0)
    return fail('tables', `missing: ${absent.map(columnName).join(', ')}`, await fixOf(sql, made, absent))
  const wrong = columns.find(({ types, ...column }) => types && !types.includes(find(column)!.type))
  if (!wrong) return ok('tables', `${columns.length} columns`)
  return fail(
    'tables',
    `${columnName(wrong)} is ${find(wrong)!.type}, not ${wrong.types!.join(' or ')}`,
    wrong.typeField
      ? `give the column that type, or correct kinds.${made.kind.name}.${wrong.typeField} in the configuration`
      : 'the type was changed by hand: give the column its type back',
  )
}

/** What the configuration names the SQL does not make, nor a column of a table that it finds there. */
async function fixOf(sql: Sql, { kind, apply }: Made, absent: Column[]): Promise<string> {
  if (kind.isDefault) return apply
  const fields = absent.flatMap(({ field }) => (field ? `kinds.${kind.name}.${field}` : []))
  if (fields.length > 0) return `correct ${fields.join(', ')} in the configuration, or ${apply}`
  const own = JSON.stringify(absent.map(({ table }) => table))
  const [row] = await sql`
    select count(to_regclass(t.name))::integer as n from json_array_elements_text(${own}::text::json) t (name)
     where t.name like 'public.onecount\\_%'`
  return row!.n === 0
    ? apply
    : `they were dropped by hand: npx onecount uninstall --kind ${kind.name}, then ${apply}`
}
