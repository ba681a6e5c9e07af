import type { Context } from './context'
import { StoreUnavailable } from './errors'
import { hydrate, ROUNDS } from './hydrate'
import { isLikedOp } from './op'
import type { PostgresState } from './ports'
import type { LikeState } from './types'

/**
 * States of a page of posts for one session, exact as long as Redis answers. Posts that do not exist are absent. A count
 * that cannot be known right now is `null`, never 0. One round trip when all is warm; three more for all that is cold
 * together. Never throws.
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
  const known = new Map<string, LikeState>()
  /** What the session has pressed and Postgres may not have. */
  const pressed = new Map<string, number>()
  try {
    if (!ctx.redis) throw new StoreUnavailable('redis', 'not configured')
    const held = new Set<string>()
    for (let round = 0; round < ROUNDS && left.size > held.size; round++) {
      const pairs: string[] = []
      const cold: string[] = []
      for (const { state, isCold, isPairKnown } of await readRedis(ctx, [...left], sessionId)) {
        if (isCold) cold.push(state.postId)
        else known.set(state.postId, state)
        if (state.durable === false) pressed.set(state.postId, state.op!)
        if (!isPairKnown) pairs.push(state.postId)
        if (!isCold && isPairKnown) put(state)
      }
      if (cold.length + pairs.length === 0 || round === ROUNDS - 1) break
      const need = { postIds: cold, sessionId: pairs.length > 0 ? sessionId : null, pairs }
      const done = await hydrate(ctx, need, round)
      for (const postId of done.gone) left.delete(postId)
      for (const postId of done.isSessionHeld ? left : done.held) held.add(postId)
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    // Redis answers and Postgres does not: plain likes would leave out what is pending.
    if (error.store === 'postgres') {
      for (const postId of left) put(known.get(postId) ?? unknown(postId))
      return states
    }
  }
  if (left.size > 0) {
    const peeked = await ctx.postgres.peek([...left], sessionId).catch(() => null)
    for (const state of peeked ?? []) put(withPress(fromPostgres(state), pressed.get(state.postId) ?? 0))
    if (!peeked) for (const postId of left) put(known.get(postId) ?? unknown(postId))
  }
  return states
}

interface InRedis {
  /** Without a count where the post is cold, without a heart where the pair is not known. */
  state: LikeState
  isCold: boolean
  isPairKnown: boolean
}

/** One round trip. */
async function readRedis(
  { redis, keys }: Context,
  postIds: string[],
  sessionId: string | null,
): Promise<InRedis[]> {
  const reply = (await redis!.run(
    'read',
    [keys.q, sessionId === null ? keys.q : keys.ops(sessionId), ...postIds.map(keys.meta)],
    [sessionId === null ? '0' : '1'],
  )) as string
  return parsePage(reply, postIds, sessionId)
}

/** What the reply of `read` says of each post. */
function parsePage(reply: string, postIds: string[], sessionId: string | null): InRedis[] {
  const [epoch, mark, ...rest] = reply.split(';')
  const extent = epoch !== '' && mark!.startsWith(`${epoch}|`) ? mark!.slice(epoch!.length + 1) : null
  return postIds.map((postId, i) => {
    const [count, rev, , guesses, of] = rest[2 * i]!.split('|')
    const op = rest[2 * i + 1]!
    const isCold = epoch === '' || of !== epoch
    const isPairKnown = sessionId === null || extent === 'all' || (extent === 'some' && op !== '')
    // What the session has pressed last is the best that is known of a pair that is not.
    const newest = isPairKnown || op.endsWith('p') ? Number.parseInt(op || '0', 10) : null
    const liked = newest === null ? null : isLikedOp(newest)
    // A guess may be wrong by one for each op.
    const least = guesses === '0' ? Number.NEGATIVE_INFINITY : Number(liked ?? false)
    const isExact = guesses === '0' && isPairKnown
    const state: LikeState = {
      postId,
      count: isCold ? null : Math.max(Number(count), least),
      liked,
      rev: isCold ? 0 : Number(rev),
      op: newest || null,
      durable: newest ? !op.endsWith('p') : null,
      source: isCold ? 'unknown' : isExact ? 'redis' : 'lagging',
    }
    return { state, isCold, isPairKnown }
  })
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

/** Postgres does not know what Redis alone has accepted. */
export const fromPostgres = (state: PostgresState): LikeState => ({
  ...state,
  op: state.op || null,
  durable: state.op > 0 ? true : null,
  source: 'postgres',
})

/** A state that may have been read where an op of its session is not known: with it, unless it is older. */
export function withPress(state: LikeState, op: number): LikeState {
  if (op <= (state.op ?? 0)) return state
  const liked = isLikedOp(op)
  const change = Number(liked) - Number(state.liked ?? liked)
  const count = state.count === null ? null : Math.max(state.count + change, Number(liked))
  return { ...state, count, liked, op, durable: false }
}
