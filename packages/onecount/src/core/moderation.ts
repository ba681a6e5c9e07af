import type { Context, Site } from './context'
import { OnecountError, StoreUnavailable } from './errors'
import { isLikedOp, nextOp } from './op'
import type { PairOp, PostgresPort } from './ports'
import { runWrite } from './write'

/** Likes of a session that are changed in one call. */
const PAGE = 500
/** How often a removal is repeated whose like turns out to have a newer op. */
const TAKE_BACKS = 4

type Like = Omit<PairOp, 'sessionId'>

/** What `removeSession`, `mergeSessions` and `removePost` have done. */
export interface Moderated {
  /** Posts that were changed. */
  posts: number
  /** False: Redis may hold likes of the session that Postgres did not have yet. Repeat it later. */
  complete: boolean
}

/** What moderation needs: all partitions, and a drain of them. */
export interface Moderating extends Pick<Site, 'contextOf'> {
  postgres: PostgresPort
  drain(): Promise<{ more: boolean }>
}

/**
 * Takes back every like of a session. Durable when it returns; can be repeated, also after it was interrupted. Keep the
 * session from pressing meanwhile. @throws StoreUnavailable when Postgres does not answer
 */
export async function removeSession(site: Moderating, sessionId: string): Promise<Moderated> {
  const done = await forEachPage(site, sessionId, likes => takeBack(site, sessionId, likes))
  // What is set aside of a session must not land later.
  for (;;) {
    const refused = await site.postgres.refused({ sessionId }, null, PAGE)
    if (refused.length === 0) return done
    await site.postgres.dropRefused(refused)
  }
}

/**
 * Gives every like of one session to another one. A post that both like counts once afterwards. Durable when it
 * returns; can be repeated. @throws StoreUnavailable when Postgres does not answer
 */
export const mergeSessions = (site: Moderating, from: string, to: string): Promise<Moderated> =>
  forEachPage(site, from, async likes => {
    // In this order, so that a like is never without a session.
    await put(
      site,
      likes.map(({ postId, op }) => ({ postId, sessionId: to, op })),
    )
    await takeBack(site, from, likes)
  })

/**
 * Removes a post with its likes from both stores; false when there was none. `all`: the ids that go with it in
 * Postgres.
 * @throws StoreUnavailable
 */
export async function removePost(ctx: Context, postId: string, all: string[]): Promise<boolean> {
  const removed = await ctx.postgres.removePost(postId)
  // Where Redis cannot be reached, Postgres has noted it.
  await Promise.all(all.map(id => quietly(ctx.redis?.forget(id))))
  return removed
}

async function forEachPage(
  site: Moderating,
  sessionId: string,
  change: (likes: Like[]) => Promise<void>,
): Promise<Moderated> {
  const drained = await quietly(site.drain())
  const done: Moderated = { posts: 0, complete: drained !== undefined && !drained.more }
  for (let after: string | null = null; ; ) {
    const page = await site.postgres.session(sessionId, after, PAGE)
    if (page.length === 0) break
    await change(page)
    done.posts += page.length
    after = page.at(-1)!.postId
  }
  // What Redis did not know of the pairs it is told by a batch.
  if (done.posts > 0) await quietly(site.drain())
  return done
}

/** Unlikes pairs by ops that beat what the stores hold, whatever this server's clock says. */
async function takeBack(site: Moderating, sessionId: string, likes: Like[]): Promise<void> {
  let left = likes
  for (let i = 0; i < TAKE_BACKS && left.length > 0; i++) {
    const newest = await put(
      site,
      left.map(({ postId, op }) => ({
        postId,
        sessionId,
        op: nextOp(site.contextOf(postId).now(), op, false),
      })),
    )
    left = left.map(({ postId }, i) => ({ postId, op: newest[i]! })).filter(({ op }) => isLikedOp(op))
  }
}

/**
 * Postgres first: durable, and not seen by Redis until the drain has told it. Then Redis, so that it shows at once.
 * Answers the newest op of each pair.
 */
async function put(site: Moderating, ops: PairOp[]): Promise<number[]> {
  const writes = ops.map(pair => ({ ...pair, liked: isLikedOp(pair.op) }))
  const inPostgres = await site.postgres.write(writes, site.contextOf(ops[0]!.postId).now())
  for (const [i, result] of inPostgres.entries())
    if (result.status === 'refused')
      throw new OnecountError('refused', { detail: `${writes[i]!.postId}: ${result.message}` })
  return Promise.all(
    ops.map(async (pair, i) => {
      const ctx = site.contextOf(pair.postId)
      const reply = ctx.redis && (await quietly(runWrite(ctx, pair, 'warm', true)))
      const result = inPostgres[i]
      return Math.max(
        pair.op,
        result?.status === 'applied' ? result.state.op : 0,
        reply?.kind === 'warm' ? reply.state.op : reply?.kind === 'cold' ? reply.op : 0,
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
