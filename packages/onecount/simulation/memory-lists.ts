import { isLikedOp } from '../src/core/op'
import type { PairOp, PostgresPort } from '../src/core/ports'
import type { Tables } from './memory-tables'

export const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The greatest op of every pair. */
export const opsOf = ({ posts }: Tables): PairOp[] =>
  [...posts].flatMap(([postId, { ops }]) => [...ops].map(([sessionId, op]) => ({ postId, sessionId, op })))

/** As for `sort`. */
type Order = (a: string, b: string) => number

/** Pages of everything, as the SQL functions list it. */
export function listsOf(
  tables: () => Tables,
  byPost: Order,
): Pick<PostgresPort, 'posts' | 'likes' | 'ranking' | 'session' | 'ratings'> {
  const idsAfter = (after: string | null) =>
    [...tables().posts.keys()].sort(byPost).filter(id => after === null || byPost(id, after) > 0)
  const byPair = pairOrder(byPost)
  const postOf = (id: string) => tables().posts.get(id)!

  return {
    posts: async (after, limit) =>
      idsAfter(after)
        .slice(0, limit)
        .map(postId => {
          const { likes, rev, ops } = postOf(postId)
          return { postId, likes, rev, ratings: [...ops.values()].filter(isLikedOp).length }
        }),

    likes: async (after, limit) =>
      idsAfter(after)
        .slice(0, limit)
        .map(postId => ({ postId, likes: postOf(postId).likes })),

    ranking: async limit =>
      [...tables().posts]
        .map(([postId, { likes }]) => ({ postId, likes }))
        .sort((a, b) => b.likes - a.likes || inOrder(b.postId, a.postId))
        .slice(0, limit),

    session: async (sessionId, after, limit) =>
      idsAfter(after)
        .map(postId => ({ postId, op: postOf(postId).ops.get(sessionId) ?? 0 }))
        .filter(({ op }) => isLikedOp(op))
        .slice(0, limit),

    ratings: async (after, limit) =>
      opsOf(tables())
        .filter(({ op }) => isLikedOp(op))
        .sort(byPair)
        .filter(like => !after || byPair(like, after) > 0)
        .slice(0, limit),
  }
}

/** Of pairs: by their posts, then by their sessions. */
export const pairOrder =
  (byPost: Order) =>
  (a: Omit<PairOp, 'op'>, b: Omit<PairOp, 'op'>): number =>
    byPost(a.postId, b.postId) || inOrder(a.sessionId, b.sessionId)
