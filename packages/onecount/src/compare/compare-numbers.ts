import type { Context } from '../core/context'
import { byContext, slicesOf } from '../core/mirrors'
import type { Onecount } from '../core/onecount'
import { contextOf } from './found'

/** The numbers of a post that Postgres has. */
export interface Numbers {
  /** Likes in Postgres at the cut. */
  likes: number
  isCold: boolean
  /** What Redis shows; null for a post that is cold. */
  shown: number | null
  isWrong: boolean
  /** `post:likes` says something else than Redis shows. */
  isMirrorWrong: boolean
}

/** Posts that one call compares. */
const POSTS = 250
/** How often the posts are read again because the cut has moved meanwhile. */
const ROUNDS = 100

/** Posts that are in Postgres. @throws StoreUnavailable; Error: the stores change too fast to be compared */
export async function compareNumbers(onecount: Onecount, postIds: string[]): Promise<Map<string, Numbers>> {
  const numbers = new Map<string, Numbers>()
  const posts = postIds.map(postId => ({ postId }))
  for (const [ctx, group] of byContext(id => contextOf(onecount, id), posts))
    for (const slice of slicesOf(group, POSTS))
      for (const [id, of] of await compareSlice(
        ctx,
        slice.map(({ postId }) => postId),
      ))
        numbers.set(id, of)
  return numbers
}

/** Both stores at one cut: what Redis would hold had it read the posts now is computed by its script. */
async function compareSlice(ctx: Context, postIds: string[]): Promise<[string, Numbers][]> {
  const { redis, postgres, partition, settings } = ctx
  for (let round = 0; round < ROUNDS; round++) {
    const { receipt, posts } = await postgres.snapshot({
      partition,
      postIds,
      sessionId: null,
      pairs: [],
      most: settings.sessionOps,
    })
    if (posts.length === 0) return []
    const reply = await redis!.comparePosts(receipt, posts, settings.pendingMost)
    if (reply[0] === 'AGAIN') continue
    const isNew = reply[0] === 'NEW'
    return posts.map(({ postId, likes }, i) => {
      const [shown, right, mirror] = isNew
        ? ['', '', '']
        : (reply.slice(3 * i, 3 * i + 3) as [string, string, string])
      const count = shown === '' ? null : Number(shown.split('|')[0])
      const isWrong = shown !== '' && right !== '' && shown !== right
      const isMirrorWrong = count !== null && mirror !== String(count)
      return [postId, { likes, isCold: count === null, shown: count, isWrong, isMirrorWrong }]
    })
  }
  throw new Error('the stores change too fast to be compared: run this again in a quieter hour')
}
