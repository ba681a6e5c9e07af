import type { Ids } from './kind-ids'
import type { PairOp, PostgresPort } from './ports'
import type { Pair } from './script-calls'

/** Likes read in one call. */
export const RATINGS = 1000

/**
 * Likes of these posts as Postgres has them, in pages; `postIds` are in its order, which `postOrder` knows, or nothing
 * outside of the database (`null`). Likes of other posts that lie between them are passed over. @throws StoreUnavailable
 */
export async function* likesOf(
  postgres: PostgresPort,
  postIds: string[],
  postOrder: Ids['postOrder'],
  signal?: AbortSignal,
): AsyncGenerator<PairOp[]> {
  const places = new Map(postIds.map((id, place) => [id, place]))
  const end = postOrder ? undefined : await firstFrom(postgres, postIds.at(-1))
  let next = 0
  for (let last: Pair | null = null; next < postIds.length; ) {
    signal?.throwIfAborted()
    const page: PairOp[] = await postgres.ratings(last ?? { postId: postIds[next]!, sessionId: '' }, RATINGS)
    const likes = page.filter(like => places.has(like.postId))
    if (likes.length > 0) yield likes
    const final = page.at(-1)
    if (!final || page.length < RATINGS) return
    if (places.has(final.postId)) {
      next = places.get(final.postId)!
      last = final
      continue
    }
    // The page ended with a post that is not asked for: it lies between two that are, or after all of them.
    last = null
    if (postOrder) while (next < postIds.length && postOrder(postIds[next]!, final.postId) < 0) next++
    else if (end && page.some(like => isSame(like, end))) return
    else next = 1 + (likes.length > 0 ? places.get(likes.at(-1)!.postId)! : next)
  }
}

/** The first like at this post or after it. */
async function firstFrom(postgres: PostgresPort, postId: string | undefined): Promise<PairOp | undefined> {
  return postId === undefined ? undefined : (await postgres.ratings({ postId, sessionId: '' }, 1))[0]
}

const isSame = (a: Pair, b: Pair): boolean => a.postId === b.postId && a.sessionId === b.sessionId
