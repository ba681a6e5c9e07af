import type { Sql } from 'postgres'
import { type Finding, fail, ok, skipped, warn } from './check'
import { type Column, columnName, findColumns } from './columns'
import { type Made, shown } from './made'

/** A null there counts as nothing, and nothing finds it again. */
function requiredOf({ kind, names }: Made): Column[] {
  const { content, counts, rows } = names
  const own = [
    { table: counts, name: names.rev },
    { table: rows, name: names.op },
  ]
  if (kind.isDefault) return own
  return [
    ...own,
    { table: content, name: kind.target.column },
    { table: rows, name: kind.rows.target },
    ...(kind.rows.variant === undefined ? [] : [{ table: rows, name: kind.rows.variant }]),
    { table: rows, name: kind.rows.actor },
  ]
}

/** What keeps strange ops and ids out from now on. */
export async function checkConstraints(sql: Sql, made: Made): Promise<Finding> {
  const name = 'constraints'
  const { kind, names, apply, repair } = made
  const required = requiredOf(made)
  const find = await findColumns(sql, required)
  const loose = required.filter(column => find(column)?.isRequired === false)
  if (loose.length > 0) {
    const [column] = loose as [Column]
    return fail(
      name,
      `may be null: ${loose.map(columnName).join(', ')}`,
      kind.isDefault
        ? apply
        : `delete the rows in which it is null, then alter table ${shown(column.table)} alter column "${column.name}" set not null`,
    )
  }
  const ops = kind.isDefault ? 'post_ratings_op_likes' : `${names.prefix}op_likes`
  const keys = `${names.prefix}id_is_a_key`
  const expected = [
    { constraint: ops, table: names.rows, fix: repair },
    ...(kind.target.id === 'text' ? [{ constraint: keys, table: names.content, fix: apply }] : []),
  ]
  for (const { constraint, table, fix } of expected) {
    const [row] = await sql`
      select convalidated as is_valid from pg_constraint
       where conrelid = to_regclass(${table}) and conname = ${constraint}`
    if (!row) return fail(name, `${constraint} is missing on ${shown(table)}`, fix)
    if (!row.is_valid)
      return warn(
        name,
        `${constraint} is not validated`,
        constraint === ops ? repair : `alter table ${shown(table)} validate constraint ${constraint}`,
      )
  }
  return ok(
    name,
    kind.target.id === 'text' ? 'ops of rows are odd, ids fit into keys' : 'ops of rows are odd',
  )
}

/** A target whose count does not fit refuses every like. */
export async function checkWidth(sql: Sql, { kind, names }: Made): Promise<Finding> {
  const name = 'width of likes'
  const column: Column = { table: names.counts, name: kind.target.count ?? names.likes }
  const type = (await findColumns(sql, [column]))(column)?.type
  const at = columnName(column)
  if (type === undefined) return skipped(name, `no column ${at}`, 'fix what failed above first')
  if (!(type in MOST)) return ok(name, type)
  return warn(
    name,
    `${at} is ${type}: likes beyond ${MOST[type]} are refused`,
    `select ${names.prefix}widen_likes() as the owner of the table, in a quiet hour: it rewrites it`,
  )
}

const MOST: Record<string, string> = { smallint: '32,767', integer: '2,147,483,647' }
