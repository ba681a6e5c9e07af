import type { Kind } from '../core/kind'
import { functionPrefix, quoteName, quoteTable } from './names'

/** Tables and columns of a kind, as SQL has them. */
export interface KindNames {
  /** Before the names of its functions. */
  prefix: string
  /** Before the names of the tables that onecount makes for it, without their schema. */
  own: string
  /** What is liked. */
  content: string
  /** Who likes it. */
  rows: string
  /** The table with the counts: what is liked, or a table of onecount where it has no column for them. */
  counts: string
  /** Columns of `counts`. */
  id: string
  likes: string
  rev: string
  /** Column of `rows`. */
  op: string
}

/** The tables that onecount makes for each kind, without what `own` puts before their names. */
export const OWN_TABLES: readonly string[] = [
  'log',
  'log_sums',
  'unseen',
  'tombstones',
  'refused',
  'receipt',
  'settings',
]

/** The names of `kind`. */
export function kindNames(kind: Kind): KindNames {
  const { name, isDefault, target, rows } = kind
  const prefix = functionPrefix(kind)
  const hasColumn = target.count !== null
  return {
    prefix,
    own: isDefault ? 'like_' : prefix,
    content: quoteTable(target),
    rows: quoteTable(rows),
    counts: hasColumn ? quoteTable(target) : `public.${prefix}counts`,
    id: hasColumn ? quoteName(target.column) : 'id',
    likes: hasColumn ? quoteName(target.count!) : 'likes',
    rev: isDefault || !hasColumn ? 'likes_rev' : `onecount_${name}_rev`,
    op: isDefault ? 'op' : 'onecount_op',
  }
}

/** The columns of the rows that a press fills, as the catalogue has them. */
export const filledColumns = (kind: Kind): string[] =>
  [kind.rows.target, kind.rows.variant, kind.rows.actor, kindNames(kind).op, kind.rows.createdAt].filter(
    name => typeof name === 'string',
  )

/** What a database notes of the tables that a kind was made for. */
export function mappingOf({ target, variants, rows }: Kind): string {
  const targets = `${quoteTable(target)} (${target.column} ${target.id}, ${target.count ?? 'no count'})`
  const variant = variants ? `, variant ${rows.variant}` : ''
  return `${targets} and ${quoteTable(rows)} (${rows.target}, ${rows.actor} ${rows.actorType}${variant})`
}
