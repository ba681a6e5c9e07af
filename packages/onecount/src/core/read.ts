import type { Context } from './context'
import { StoreUnavailable } from './errors'
import { hydrate } from './hydrate'
import type { PostgresState } from './ports'
import { strings } from './replies'
import type { LikeState, Source } from './types'

/** How often a page is read again while some of its posts are still cold. */
const ROUNDS = 4

/**
 * States of a page of posts for one session, exact as long as Redis answers.
 * Posts that do not exist are absent. A count that cannot be known right now is `null`, never 0.
 * One round trip when every post is warm; four more for all the cold ones together. Never throws.
 */
export async function read(
  ctx: Context,
  postIds: string[],
  sessionId: string | null,
): Promise<Map<string, LikeState>> {
  const states = new Map<string, LikeState>()
  const left = new Set(postIds)
  const put = (state: LikeState) => {
    states.set(state.postId, sessionId === null ? { ...state, liked: null } : state)
    left.delete(state.postId)
  }
  if (left.size === 0) return states

  try {
    if (!ctx.redis) throw new StoreUnavailable('redis', 'not configured')
    for (let round = 0; round < ROUNDS && left.size > 0; round++) {
      for (const state of await readWarm(ctx, [...left], sessionId)) put(state)
      if (left.size === 0) break
      for (const [postId, outcome] of await hydrate(ctx, [...left], sessionId)) {
        if (outcome.kind === 'gone') left.delete(postId)
        if (outcome.kind === 'peeked')
          put({ ...fromPostgres(outcome.state, 'redis'), source: outcome.isExact ? 'redis' : 'postgres' })
      }
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    // Redis answers and a cold post's Postgres does not: plain likes would leave out what is pending.
    if (error.store === 'redis') {
      const peeked = await ctx.postgres.peek([...left], sessionId, []).catch(() => null)
      for (const state of peeked ?? []) put(fromPostgres(state, 'postgres'))
      if (peeked) left.clear()
    }
  }
  for (const postId of left) states.set(postId, unknown(postId))
  return states
}

/** What is said of a post when no store can tell. */
export const unknown = (postId: string): LikeState => ({
  postId,
  count: null,
  liked: null,
  rev: 0,
  op: null,
  durable: null,
  source: 'unknown',
})

/** One round trip; cold posts are left out. */
async function readWarm(ctx: Context, postIds: string[], sessionId: string | null): Promise<LikeState[]> {
  const { redis, keys } = ctx
  const reply = strings(
    await redis!.run(
      'read',
      [
        keys.q,
        keys.recent,
        ...postIds.map(keys.likes),
        ...postIds.map(keys.meta),
        ...postIds.map(keys.liked),
      ],
      [sessionId ?? '', ...postIds],
    ),
  )
  return postIds.flatMap((postId, i) => {
    const [count, rev, liked, op, durable] = reply.slice(5 * i, 5 * i + 5) as string[]
    if (count === '') return []
    return {
      postId,
      count: Number(count),
      liked: liked === '1',
      rev: Number(rev),
      op: Number(op) || null,
      durable: op === '0' ? null : durable === '1',
      source: 'redis' as const,
    }
  })
}

/** `source` is `redis` when the ops pending there were taken into account: nobody knows then which of them it is. */
export function fromPostgres(state: PostgresState, source: Source): LikeState {
  const durable = source === 'postgres' && state.op > 0 ? true : null
  return { ...state, op: state.op || null, durable, source }
}
