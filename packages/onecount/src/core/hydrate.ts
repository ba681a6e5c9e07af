import type { Context } from './context'
import type { Snapshot } from './ports'

/** How often a page or a press tries to make known what is cold. */
export const ROUNDS = 8

/** What a page needs from Postgres. */
export interface Need {
  /** Cold posts. */
  postIds: string[]
  /** Whose ops are not known on `pairs`; `null`: nobody's. */
  sessionId: string | null
  pairs: string[]
}

export interface Hydrated {
  gone: string[]
  /** Posts that cannot be made warm now. */
  held: Set<string>
  /** The session cannot. */
  isSessionHeld: boolean
}

/**
 * Makes cold posts warm and a session's ops known: one indexed read of Postgres and two script calls, side by side, whatever
 * the number of likes. What Postgres says counts only at the cut that Redis has; where that is another one, or a
 * batch is half settled, this waits for the drain, 2 ms in round 0 and twice as long in each that follows.
 * @throws StoreUnavailable
 */
export async function hydrate(ctx: Context, need: Need, round: number): Promise<Hydrated> {
  const { postIds, sessionId, pairs } = need
  await ctx.beginning()
  const snapshot = await ctx.postgres.snapshot({
    partition: ctx.partition,
    postIds: [...new Set([...postIds, ...pairs])],
    sessionId,
    pairs,
    most: ctx.settings.sessionOps,
  })
  const there = new Set(snapshot.posts.map(post => post.postId))
  const cold = { ...snapshot, posts: snapshot.posts.filter(post => postIds.includes(post.postId)) }
  const [posts, session] = await Promise.all([
    installPosts(ctx, cold),
    sessionId === null
      ? 'OK'
      : installSession(
          ctx,
          sessionId,
          snapshot,
          pairs.filter(postId => there.has(postId)),
        ),
  ])
  if (posts[0] === 'NEW' || session === 'NEW') await ctx.drainOnce()
  const isOvertaken = posts[0] === 'AGAIN' || session === 'AGAIN'
  if (isOvertaken && round < ROUNDS - 1) await ctx.sleep(2 ** (round + 1))
  const isHeld = (verdict: string | undefined) => verdict === 'MANY' || verdict === 'FEEDING'
  return {
    gone: [...new Set([...postIds, ...pairs])].filter(postId => !there.has(postId)),
    held: new Set(
      cold.posts.filter((_, i) => isHeld(posts.length === 1 ? posts[0] : posts[i])).map(post => post.postId),
    ),
    isSessionHeld: isHeld(session),
  }
}

/** A verdict for each post, or one for all. */
async function installPosts({ redis, now, settings }: Context, { receipt, posts }: Snapshot) {
  if (posts.length === 0) return []
  const { pendingMost, postMs } = settings
  return redis!.installPosts(receipt, posts, { now: now(), pendingMost, ttlMs: spread(postMs, now()) })
}

/** Give or take a quarter: what became warm together does not become cold together. */
const spread = (ms: number, now: number): number => Math.round(ms * (0.75 + (now % 1000) / 2000))

function installSession(
  { redis, settings }: Context,
  sessionId: string,
  { receipt, session }: Snapshot,
  pairs: string[],
): Promise<string> {
  const { extent, ops } = session!
  const told = new Map(pairs.map(postId => [postId, 0]))
  for (const { postId, op } of ops) told.set(postId, op)
  const { sessionMs: ttlMs, sessionOps } = settings
  return redis!.installSession(sessionId, receipt, told, { extent, ttlMs, most: 2 * sessionOps })
}
