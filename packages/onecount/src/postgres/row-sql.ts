import type { Kind } from '../core/kind'
import { countedType, SEPARATOR } from '../core/variants'
import { quoteName } from './names'

/** How the SQL of a kind names what a row counts for. */
export interface RowSql {
  /** The id of what a row counts for; `of`: the alias of its table. */
  post(of?: string): string
  /** The same as a part of an index, and of the conflict that it finds. */
  key: string
  /** The columns that hold it. */
  columns: string
  /** Their values, of an id. */
  valuesOf(id: string): string
  /** The target of an id. */
  targetOf(id: string): string
  /** Whether the variant of a row is counted. */
  counted: string
  /** The variants, as a list. */
  variants: string
  /** The type of an id in the tables of onecount. */
  ownType: string
}

/**
 * Of a kind without variants a column is the id. With them it is an expression over two columns, which indexes hold as
 * it stands here: the collation makes their order that of `compareBytes`, whatever the collations of the columns are.
 */
export function rowSql(kind: Kind): RowSql {
  const { target, variants, rows } = kind
  const column = quoteName(rows.target)
  const columnOf = (name: string, of?: string) => (of === undefined ? name : `${of}.${name}`)
  if (variants === undefined)
    return {
      post: of => columnOf(column, of),
      key: column,
      columns: column,
      valuesOf: id => id,
      targetOf: id => id,
      counted: 'true',
      variants: '',
      ownType: countedType(kind),
    }
  const variant = quoteName(rows.variant!)
  const list = variants.map(name => `'${name}'`).join(', ')
  const targetOf = (id: string) => `split_part(${id}, '${SEPARATOR}', 1)::${target.id}`
  const keyOf = (of?: string) =>
    `(${columnOf(column, of)}::text || '${SEPARATOR}' || ${columnOf(variant, of)}) collate "C"`
  return {
    post: of => `(${keyOf(of)})`,
    key: keyOf(),
    columns: `${column}, ${variant}`,
    valuesOf: id => `${targetOf(id)}, split_part(${id}, '${SEPARATOR}', 2)`,
    targetOf,
    counted: `${variant} in (${list})`,
    variants: list,
    ownType: 'text collate "C"',
  }
}
