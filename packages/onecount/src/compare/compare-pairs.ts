import type { Context } from '../core/context'
import { idsOf } from '../core/kind-ids'
import { likesOf } from '../core/likes-of'
import { byContext, isMirrored, lookAtPairs, sizesOf, strangersOf } from '../core/mirrors'
import type { Onecount } from '../core/onecount'
import { isLikedOp } from '../core/op'
import type { PairInRedis } from '../core/scripts'
import { contextOf, type Found, PAIRS_KEPT, type WrongKey } from './found'

/** Who of these sessions likes a post, as few as one asks Postgres for one by one. @throws StoreUnavailable */
export async function compareThese(onecount: Onecount, found: Found, sessionIds: string[]): Promise<void> {
  const { postId } = found
  const ctx = contextOf(onecount, postId)
  const states = await Promise.all(sessionIds.map(id => ctx.postgres.peek([postId], id)))
  const held = await lookAtPairs(
    ctx,
    sessionIds.map(sessionId => ({ postId, sessionId })),
  )
  for (const [i, id] of sessionIds.entries()) note(found, ctx, id, states[i]![0]?.liked ?? false, held[i]!)
}

/**
 * Who likes the posts: what Postgres has is looked up in Redis, and the other way round where Redis has more.
 * @throws StoreUnavailable
 */
export async function comparePairs(
  onecount: Onecount,
  found: Map<string, Found>,
  signal?: AbortSignal,
): Promise<void> {
  const of = (postId: string) => contextOf(onecount, postId)
  const sizes = new Map<string, number>()
  const posts = [...found.keys()].map(postId => ({ postId }))
  for (const [ctx, group] of byContext(of, posts)) {
    if (!ctx.settings.likers) continue
    for (const [id, size] of await sizesOf(
      ctx,
      group.map(({ postId }) => postId),
    ))
      sizes.set(id, size)
  }
  const matched = new Map<string, number>()
  const { postOrder } = idsOf(onecount.kind)
  for await (const likes of likesOf(onecount.stores.postgres, [...found.keys()], postOrder, signal)) {
    for (const [ctx, group] of byContext(of, likes.filter(isMirrored))) {
      const held = await lookAtPairs(ctx, group)
      for (const [i, like] of group.entries()) {
        note(found.get(like.postId)!, ctx, like.sessionId, true, held[i]!)
        if (held[i]!.inPost) matched.set(like.postId, (matched.get(like.postId) ?? 0) + 1)
      }
    }
  }
  for (const [postId, size] of sizes) {
    if (size <= (matched.get(postId) ?? 0)) continue
    const ctx = of(postId)
    for await (const sessions of strangersOf(ctx, postId, signal)) {
      const pairs = [...sessions].slice(0, PAIRS_KEPT).map(sessionId => ({ postId, sessionId }))
      const held = await lookAtPairs(ctx, pairs)
      for (const [i, pair] of pairs.entries()) note(found.get(postId)!, ctx, pair.sessionId, false, held[i]!)
    }
  }
}

/** Notes a pair that Redis holds otherwise than Postgres; one that is pending does not differ. */
export function note(
  { pairs }: Found,
  ctx: Context,
  sessionId: string,
  liked: boolean,
  held: PairInRedis,
): void {
  if (held.pending > 0 || pairs.size >= PAIRS_KEPT) return
  const { likers } = ctx.settings
  const own = held.own === null ? null : isLikedOp(held.own)
  const keys: WrongKey[] = []
  if (own !== null && own !== liked) keys.push('session:ops')
  if (held.inSession !== liked) keys.push('session:likes')
  if (likers && held.inPost !== liked) keys.push('post:liked')
  if (keys.length === 0) return
  const shown = own ?? (likers ? held.inPost : held.inSession)
  pairs.set(sessionId, { liked: !liked, keys, isMirrorOnly: shown === liked })
}
