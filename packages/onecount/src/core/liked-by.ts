import type { Context, Site } from './context'
import { StoreUnavailable } from './errors'
import type { Ids } from './kind-ids'
import { isLikedOp } from './op'
import type { PostgresPort } from './ports'
import type { LikeState } from './types'

/** Ops of a session that one call of Redis looks at. */
const PART = 1000

/** A part of what a session likes. */
export interface LikedPage {
  /** As `read` answers them. */
  likes: LikeState[]
  /** Where the next page begins, for `after`; `null`: this is the last one. */
  next: string | null
}

export interface LikedBy extends Site, Pick<Ids, 'postOrder'> {
  postgres: PostgresPort
  read(postIds: string[], sessionId: string): Promise<Map<string, LikeState>>
}

/**
 * What a session likes at this moment, by post: what Postgres has of it, with what it has pressed since. A call of each
 * store, and one read. Where the database alone knows the order of posts, what Postgres does not have yet stands on
 * the first page, and may come again on its own. @throws StoreUnavailable when Postgres does not answer
 */
export async function likedBy(
  { contexts, postgres, postOrder, read }: LikedBy,
  sessionId: string,
  after: string | null,
  limit: number,
): Promise<LikedPage> {
  // Redis first: what is drained in between is in Postgres then.
  const pressed = await Promise.all(contexts.map(ctx => pendingLikes(ctx, sessionId)))
  const inPostgres = (await postgres.session(sessionId, after, limit)).map(like => like.postId)
  const end = inPostgres.length < limit ? null : inPostgres.at(-1)!
  const isOnPage = (postId: string) =>
    postOrder
      ? (after === null || postOrder(postId, after) > 0) && (end === null || postOrder(postId, end) <= 0)
      : after === null
  const ids = [...new Set([...inPostgres, ...pressed.flat().filter(isOnPage)])]
  const page = postOrder ? ids.sort(postOrder).slice(0, limit) : ids
  const states = await read(page, sessionId)
  return {
    likes: [...states.values()].filter(state => state.liked !== false),
    next: page.length < ids.length ? page.at(-1)! : end,
  }
}

/** Posts that the session has liked and Postgres may not have; none where Redis does not answer. */
async function pendingLikes({ redis }: Context, sessionId: string): Promise<string[]> {
  const liked: string[] = []
  try {
    for (let cursor: string | null = redis && '0'; cursor !== null; ) {
      const part = await redis!.pendingOps(sessionId, cursor, PART)
      for (const { postId, op } of part.ops) if (isLikedOp(op)) liked.push(postId)
      cursor = part.next
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
  }
  return liked
}
