import type { Post } from '@/app/types'

/**
 * Ids by likes, most first, and equal ones by id, the greater first: the one order of Redis (ZREVRANGE) and Postgres.
 * Posts of unknown likes come last, in the order they came in.
 * @param counts likes of this moment by post; null where they are unknown
 */
export function rankOrder(
  posts: readonly Pick<Post, 'id'>[],
  counts: ReadonlyMap<string, number | null>,
): string[] {
  const likes = (id: string) => counts.get(id) ?? -1
  const byId = (a: string, b: string) => (a < b ? 1 : a > b ? -1 : 0)
  return posts.map(post => post.id).sort((a, b) => likes(b) - likes(a) || (likes(a) < 0 ? 0 : byId(a, b)))
}

/** `wanted` in the order of `shown`: what is gone is left out, and what is new comes last, in the order of `wanted`. */
export function keepOrder(shown: readonly string[], wanted: readonly string[]): string[] {
  const isWanted = new Set(wanted)
  const isShown = new Set(shown)
  return [...shown.filter(id => isWanted.has(id)), ...wanted.filter(id => !isShown.has(id))]
}
