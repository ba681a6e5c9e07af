import type { Post } from '@/app/types'

/** A place in the ranking: posts with fewer likes come after it, and of those with as many the ones of a smaller id. */
export interface RankCursor {
  likes: number
  id: string
}

const CURSOR = /^(0|[1-9]\d{0,14})_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** The place behind a post as it stands in an address; null where its likes are unknown. */
export const formatRankCursor = ({ likes, id }: Pick<Post, 'id' | 'likes'>): string | null =>
  likes === null ? null : `${likes}_${id}`

/** Anything that is no place in the ranking is its beginning. */
export function parseRankCursor(text: unknown): RankCursor | null {
  const match = typeof text === 'string' ? CURSOR.exec(text) : null
  return match && { likes: Number(match[1]), id: match[2]! }
}

/** Posts that are asked for their likes in one round. */
const PROBES = 32

/**
 * How many posts of a ranking stand before a place or at it. Reads the likes of 32 posts, then of 32 among those between
 * two of them: two rounds for a thousand. A post that has just moved stands elsewhere than its likes say, which shifts
 * the answer by a few posts at most.
 * @param ids in the order of the ranking
 * @param likesOf the likes of some posts; what is unknown counts as less than none
 */
export async function placesBefore(
  ids: readonly string[],
  cursor: RankCursor,
  likesOf: (ids: string[]) => Promise<ReadonlyMap<string, { count: number | null }>>,
): Promise<number> {
  let [from, to] = [0, ids.length]
  while (from < to) {
    const step = Math.ceil((to - from) / PROBES)
    const probes = ids.slice(from, to).filter((_, i) => i % step === 0)
    const likes = await likesOf(probes)
    const found = probes.findIndex(id => isBehind({ id, likes: likes.get(id)?.count ?? -1 }, cursor))
    const passed = found < 0 ? probes.length : found
    if (found >= 0) to = from + found * step
    if (passed > 0) from += (passed - 1) * step + 1
  }
  return from
}

const isBehind = (post: RankCursor, cursor: RankCursor): boolean =>
  post.likes < cursor.likes || (post.likes === cursor.likes && post.id < cursor.id)
