import type { Context } from './context'
import { StoreUnavailable } from './errors'
import type { DrainLoop } from './loop'
import { isLikedOp } from './op'
import { runPress, runWrite } from './write-scripts'

/** Posts of a session that are changed side by side. */
const PAGE = 100
/** How long is waited for what Redis has accepted to reach Postgres, milliseconds. */
const DRAIN_MS = 5000

export interface Moderated {
  /** Posts that were changed. */
  posts: number
  /** False: Redis may hold likes of the session that Postgres did not have yet. Repeat it later. */
  complete: boolean
}

/**
 * Takes back every like of a session. Durable when it returns; can be repeated, also after it was interrupted. Keep the
 * session from pressing meanwhile. @throws StoreUnavailable when Postgres does not answer
 */
export async function removeSession(ctx: Context, loop: DrainLoop, sessionId: string): Promise<Moderated> {
  return forEachLike(ctx, loop, sessionId, postId => takeBack(ctx, postId, sessionId))
}

/**
 * Gives every like of one session to another one, as when a visitor signs in. A post that both like counts once
 * afterwards; where the other one has unliked a post since, that stays. Durable when it returns; can be repeated, also
 * after it was interrupted. @throws StoreUnavailable when Postgres does not answer
 */
export async function mergeSessions(
  ctx: Context,
  loop: DrainLoop,
  from: string,
  to: string,
): Promise<Moderated> {
  return forEachLike(ctx, loop, from, async (postId, op) => {
    // In this order, so that a like is never nobody's.
    await put(ctx, postId, to, op)
    await tell(ctx, postId, to, op)
    await takeBack(ctx, postId, from)
  })
}

/** Removes a post with its likes from both stores; false when there was none. @throws StoreUnavailable */
export async function removePost(ctx: Context, postId: string): Promise<boolean> {
  const { keys } = ctx
  const removed = await ctx.postgres.removePost(postId)
  // Where Redis cannot be reached, Postgres has noted it as unseen.
  await quietly(
    ctx.redis?.run(
      'forget',
      [keys.rank, keys.likes(postId), keys.liked(postId), keys.meta(postId), keys.hydrating(postId)],
      [postId],
    ),
  )
  return removed
}

async function forEachLike(
  ctx: Context,
  loop: DrainLoop,
  sessionId: string,
  change: (postId: string, op: number) => Promise<void>,
): Promise<Moderated> {
  const drained = await quietly(loop.drain({ budgetMs: DRAIN_MS }))
  const done: Moderated = { posts: 0, complete: drained !== undefined && !drained.more }
  for (let after: string | null = null; ; ) {
    const page = await ctx.postgres.session(sessionId, after, PAGE)
    if (page.length === 0) return done
    await Promise.all(page.map(({ postId, op }) => change(postId, op)))
    done.posts += page.length
    after = page.at(-1)!.postId
  }
}

/** Unlikes the pair in both stores, with an op that beats what the stores hold, whatever this server's clock says. */
async function takeBack(ctx: Context, postId: string, sessionId: string): Promise<void> {
  const op = await put(ctx, postId, sessionId, null)
  if (op === null) return
  const inRedis = await tell(ctx, postId, sessionId, op)
  // A like that Postgres does not have yet, of a clock ahead of this one.
  if (inRedis && inRedis > op && isLikedOp(inRedis))
    await quietly(
      runPress(ctx, { postId, sessionId, liked: false, id: ctx.newId(), now: ctx.now(), known: op }),
    )
}

/** Postgres first: durable, and unseen by Redis until the drain has told it. `null`: the post is gone. */
async function put(
  ctx: Context,
  postId: string,
  sessionId: string,
  op: number | null,
): Promise<number | null> {
  const liked = op !== null && isLikedOp(op)
  const [result] = await ctx.postgres.write([{ postId, sessionId, op, liked }], ctx.now())
  return result?.status === 'applied' ? result.state.op : null
}

/** Redis too, so that it shows at once. The pair's newest op there. */
async function tell(ctx: Context, postId: string, sessionId: string, op: number): Promise<number | null> {
  if (!ctx.redis) return null
  const call = { postId, sessionId, op, now: ctx.now(), accept: 'warm', isAccepted: true } as const
  const reply = await quietly(runWrite(ctx, call))
  return reply && 'op' in reply ? reply.op : null
}

async function quietly<T>(call: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    return undefined
  }
}
