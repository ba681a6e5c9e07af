import { isOfAnother } from './numbers'
import { EMPTY_ENTRY, type LikesEntry } from './registers'

/**
 * What is to be believed of an entry that contradicts itself since an input was merged into `known`: where the input
 * brought one of count and heart, what was known of it stays, unless it is another session's; of an answer that
 * contradicts itself the heart wins, and the count is the last known one. Pure.
 */
export function resolve(known: LikesEntry | undefined, next: LikesEntry): LikesEntry {
  const before = known && !isOfAnother(next, known) ? known : EMPTY_ENTRY
  const { liked, likedRev, likedAt, count, countRev, countAt, source } = before
  const isHeartNew = next.liked !== liked || next.likedRev !== likedRev
  if (!isHeartNew) return { ...next, count, countRev, countAt, source }
  if (next.likedRev < next.countRev) return { ...next, liked, likedRev, likedAt }
  if (count) return { ...next, count, countRev, countAt, source: 'last-known' }
  return { ...next, count: null, countRev: 0, countAt: 0, source: 'unknown' }
}
