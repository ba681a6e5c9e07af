import type { Context } from '../core/context'
import { byContext } from '../core/mirrors'
import type { Onecount } from '../core/onecount'
import { contextOf, type Found } from './found'

/** Pairs of which Postgres is asked whether Redis knows of their ops, in one round; others wait for the next one. */
const ASKED = 200

/** Takes out of what was found the pairs of which Postgres has an op that no batch has told to Redis yet. */
export async function dropUnseen(onecount: Onecount, found: Found[]): Promise<void> {
  for (const [ctx, posts] of byContext(id => contextOf(onecount, id), found)) {
    const pairs = posts.flatMap(post => [...post.pairs.keys()].map(sessionId => ({ post, sessionId })))
    if (pairs.length === 0 || (await ctx.postgres.status(ctx.partition)).unseen === 0) continue
    for (const { post, sessionId } of pairs.slice(0, ASKED))
      if (await isUnseen(ctx, post.postId, sessionId)) post.pairs.delete(sessionId)
  }
}

/** Whether Postgres has another op of the pair than at the cut. */
async function isUnseen({ postgres, partition, settings }: Context, postId: string, sessionId: string) {
  const [snapshot, [state]] = await Promise.all([
    postgres.snapshot({ partition, postIds: [], sessionId, pairs: [postId], most: settings.sessionOps }),
    postgres.peek([postId], sessionId),
  ])
  const seen = snapshot.session!.ops.find(op => op.postId === postId)?.op ?? 0
  return seen !== (state?.op ?? 0)
}
