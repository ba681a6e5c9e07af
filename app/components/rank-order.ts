import type { Post } from '@/app/types'

/**
 * Ids by likes, most first; equal and unknown ones keep the order they came in, unknown after known.
 * @param counts likes of this moment by post; null where they are unknown
 */
export function rankOrder(
  posts: readonly Pick<Post, 'id'>[],
  counts: ReadonlyMap<string, number | null>,
): string[] {
  const likes = (id: string) => counts.get(id) ?? -1
  return posts.map(post => post.id).sort((a, b) => likes(b) - likes(a))
}

/** Whether both name the same posts, in whatever order. */
export function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  const ids = new Set(a)
  return a.length === b.length && b.every(id => ids.has(id))
}
