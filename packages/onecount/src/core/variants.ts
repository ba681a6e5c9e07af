import type { IdType, Kind } from './kind'

/** Stands between a target and a variant. Ids of targets do not contain it, and variants may not. */
export const SEPARATOR = '~'

/**
 * The id of the count of one variant of a target, which every call, address and component takes for the id of a post.
 * @example
 * await reactions.set(variantId(commentId, '👍'), userId, true)
 */
export const variantId = (targetId: string, variant: string): string => `${targetId}${SEPARATOR}${variant}`

/**
 * Both parts of an id that `variantId` has made; `null` for any other one.
 * @example
 * parseVariantId('42~👍') // { targetId: '42', variant: '👍' }
 */
export function parseVariantId(id: string): { targetId: string; variant: string } | null {
  const at = id.indexOf(SEPARATOR)
  return at < 0 ? null : { targetId: id.slice(0, at), variant: id.slice(at + 1) }
}

/**
 * The ids of all variants of these targets, to read them in one call: target by target, in the order of the
 * configuration. Of a kind without variants they are the ids of the targets themselves.
 * @example
 * const states = await reactions.read(variantIds(reactions.kind, commentIds), userId)
 * states.get(variantId(commentId, '👍'))?.count
 */
export const variantIds = ({ variants }: Pick<Kind, 'variants'>, targetIds: readonly string[]): string[] =>
  variants ? targetIds.flatMap(id => variants.map(variant => variantId(id, variant))) : [...targetIds]

/** The type of the ids of what is counted, in the functions and tables of onecount. */
export const countedType = ({ target, variants }: Pick<Kind, 'target' | 'variants'>): IdType =>
  variants ? 'text' : target.id

/** Texts in the order of the bytes of UTF-8, which is that of the collation "C"; `<` compares UTF-16. */
export function compareBytes(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; ) {
    const [left, right] = [a.codePointAt(i)!, b.codePointAt(i)!]
    if (left !== right) return left - right
    i += left > 0xffff ? 2 : 1
  }
  return a.length - b.length
}
