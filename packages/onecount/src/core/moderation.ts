import type { Context } from './context'
import { StoreUnavailable } from './errors'
import type { DrainLoop } from './loop'
import { isLikedOp, nextOp } from './op'
import { runWrite } from './write-scripts'

/** Posts of a session that are changed side by side. */
const PAGE = 100
/** How long is waited for what Redis has accepted to reach Postgres, milliseconds. */
const DRAIN_MS = 5000
/** How often a like is taken back that turns out to have a newer op. */
const TAKE_BACKS = 4

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
  return forEachLike(ctx, loop, sessionId, (postId, op) => takeBack(ctx, postId, sessionId, op))
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
    await takeBack(ctx, postId, from, op)
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

/**
 * Unlikes the pair by an op that beats what the stores hold, whatever this server's clock says: `op` is Postgres', and
 * Redis may hold a like that Postgres does not have yet.
 */
async function takeBack(ctx: Context, postId: string, sessionId: string, op: number): Promise<void> {
  for (let newest = op, i = 0; i < TAKE_BACKS && isLikedOp(newest); i++)
    newest = await put(ctx, postId, sessionId, nextOp(ctx.now(), newest, false))
}

/**
 * Postgres first: durable, and unseen by Redis until the drain has told it. Then Redis, so that it shows at once. The
 * pair's newest op, this one or one that has beaten it. A call that arrives twice is the same op.
 */
async function put(ctx: Context, postId: string, sessionId: string, op: number): Promise<number> {
  const [result] = await ctx.postgres.write([{ postId, sessionId, op, liked: isLikedOp(op) }], ctx.now())
  const call = { postId, sessionId, op, now: ctx.now(), accept: 'warm', isAccepted: true } as const
  const reply = ctx.redis && (await quietly(runWrite(ctx, call)))
  return Math.max(
    op,
    result?.status === 'applied' ? result.state.op : 0,
    reply && 'op' in reply ? reply.op : 0,
  )
}

async function quietly<T>(call: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    return undefined
  }
}
