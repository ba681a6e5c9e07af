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

/** Whether both name the same posts, in whatever order. */
export function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  const ids = new Set(a)
  return a.length === b.length && b.every(id => ids.has(id))
}
