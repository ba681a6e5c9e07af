import type { Context } from './context'
import { OnecountError, StoreUnavailable } from './errors'
import type { DrainLoop } from './loop'
import { isLikedOp, nextOp } from './op'
import type { PairOp } from './ports'
import { runWrite } from './write-scripts'

/** Likes of a session that are changed in one call. */
const PAGE = 500
/** How long is waited for what Redis has accepted to reach Postgres, milliseconds. */
const DRAIN_MS = 5000
/** How often a like is taken back that turns out to have a newer op. */
const TAKE_BACKS = 4

interface Like {
  postId: string
  op: number
}

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
  const done = await forEachPage(ctx, loop, sessionId, likes => takeBack(ctx, sessionId, likes))
  await dropRefused(ctx, sessionId)
  return done
}

/** What is set aside of a session must not land later. */
async function dropRefused({ postgres }: Context, sessionId: string): Promise<void> {
  for (;;) {
    const refused = await postgres.refused({ sessionId }, null, PAGE)
    if (refused.length === 0) return
    await postgres.dropRefused(refused)
  }
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
  return forEachPage(ctx, loop, from, async likes => {
    // In this order, so that a like is never without a session.
    await put(
      ctx,
      likes.map(({ postId, op }) => ({ postId, sessionId: to, op })),
    )
    await takeBack(ctx, from, likes)
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

async function forEachPage(
  ctx: Context,
  loop: DrainLoop,
  sessionId: string,
  change: (likes: Like[]) => Promise<void>,
): Promise<Moderated> {
  const drained = await quietly(loop.drain({ budgetMs: DRAIN_MS }))
  const done: Moderated = { posts: 0, complete: drained !== undefined && !drained.more }
  for (let after: string | null = null; ; ) {
    const page = await ctx.postgres.session(sessionId, after, PAGE)
    if (page.length === 0) return done
    await change(page)
    done.posts += page.length
    after = page.at(-1)!.postId
  }
}

/**
 * Unlikes pairs by ops that beat what the stores hold, whatever this server's clock says: the ops given are Postgres', and
 * Redis may hold likes that Postgres does not have yet.
 */
async function takeBack(ctx: Context, sessionId: string, likes: Like[]): Promise<void> {
  let left = likes
  for (let i = 0; i < TAKE_BACKS && left.length > 0; i++) {
    const newest = await put(
      ctx,
      left.map(({ postId, op }) => ({ postId, sessionId, op: nextOp(ctx.now(), op, false) })),
    )
    left = left.map(({ postId }, i) => ({ postId, op: newest[i]! })).filter(({ op }) => isLikedOp(op))
  }
}

/**
 * Postgres first: durable, and unseen by Redis until the drain has told it. Then Redis, so that it shows at once. Answers
 * the newest op of each pair, this one or one that has beaten it. A call that arrives twice is the same ops.
 */
async function put(ctx: Context, ops: PairOp[]): Promise<number[]> {
  const writes = ops.map(pair => ({ ...pair, liked: isLikedOp(pair.op) }))
  const inPostgres = await ctx.postgres.write(writes, ctx.now())
  for (const [i, result] of inPostgres.entries())
    if (result.status === 'refused')
      throw new OnecountError('refused', { detail: `${writes[i]!.postId}: ${result.message}` })
  return Promise.all(
    ops.map(async (pair, i) => {
      const call = { ...pair, now: ctx.now(), accept: 'warm', isAccepted: true } as const
      const reply = ctx.redis && (await quietly(runWrite(ctx, call)))
      const result = inPostgres[i]
      return Math.max(
        pair.op,
        result?.status === 'applied' ? result.state.op : 0,
        reply && 'op' in reply ? reply.op : 0,
      )
    }),
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
