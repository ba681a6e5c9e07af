import type { Context } from './context'
import { OnecountError, StoreUnavailable } from './errors'
import { hydrate } from './hydrate'
import { isLikedOp, MAX_OP_AHEAD, opTime } from './op'
import type { PairWrite, PostgresState } from './ports'
import { fromPostgres, read } from './read'
import type { LikeState, WriteState } from './types'

/** Attempts against Redis, each the same press, before Postgres is asked. */
const ATTEMPTS = 2

/** Tries Redis, again when the outcome is unknown; `null` when Redis cannot be reached. */
export async function attempts(ctx: Context, attempt: () => Promise<WriteState>): Promise<WriteState | null> {
  for (let i = 0; ctx.redis && i < ATTEMPTS; i++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      if (error.store === 'postgres') throw new OnecountError('unavailable', { cause: error })
    }
  }
  return null
}

/** The pair as Postgres has it. @throws OnecountError `post_not_found`; StoreUnavailable */
export async function lookUp(ctx: Context, postId: string, sessionId: string): Promise<PostgresState> {
  const [state] = await ctx.postgres.peek([postId], sessionId, [])
  if (!state) throw new OnecountError('post_not_found', { field: 'postId' })
  return state
}

/**
 * A cold post is hydrated, or refused when it is gone. False while Postgres is unreachable: then a press is accepted
 * without looking, and dropped by the sync that finds no post.
 */
export async function assertExists(ctx: Context, postId: string): Promise<boolean> {
  try {
    const outcome = (await hydrate(ctx, [postId], null)).get(postId)
    if (outcome?.kind === 'gone') throw new OnecountError('post_not_found', { field: 'postId' })
    return true
  } catch (error) {
    if (error instanceof StoreUnavailable && error.store === 'postgres') return false
    throw error
  }
}

/** The op is accepted, the count is not known yet: read it, and keep what is known about liked. */
export async function answerCold(
  ctx: Context,
  postId: string,
  sessionId: string,
  op: number,
): Promise<WriteState> {
  const state = (await read(ctx, [postId], sessionId)).get(postId)
  if (!state) throw new OnecountError('post_not_found', { field: 'postId' })
  return taken(state, op)
}

/**
 * What is said of an op that Redis holds and the count may not show. An op that beats it is Postgres' alone: Redis has yet
 * to be told.
 */
export const taken = (state: LikeState, op: number): WriteState => ({
  ...state,
  source: (state.op ?? 0) > op ? 'postgres' : state.source,
  liked: state.liked ?? isLikedOp(op),
  op: Math.max(op, state.op ?? 0),
  durable: false,
})

/**
 * The press goes to Postgres, which judges a caller's op as Redis does. Ops that Redis alone holds are not known there.
 * @throws OnecountError `op_ahead`, `post_not_found`, `refused`, `unavailable`
 */
export async function viaPostgres(ctx: Context, write: PairWrite, now: number): Promise<WriteState> {
  const [result] = await orUnavailable(ctx.postgres.write([write], now, { ahead: MAX_OP_AHEAD }))
  if (result?.status === 'ahead') {
    const { op, rev } = await orUnavailable(lookUp(ctx, write.postId, write.sessionId))
    throw opAhead(Math.max(now, opTime(op), rev), now)
  }
  if (result?.status === 'refused') throw new OnecountError('refused')
  if (result?.status !== 'applied') throw new OnecountError('post_not_found', { field: 'postId' })
  return { ...fromPostgres(result.state, 'postgres'), op: result.state.op, durable: true }
}

/**
 * An op of the moment that is told is accepted. That is this server's time, so that it does not beat what is pressed in
 * between; where the pair or its post is ahead of that, a moment after them, so that it beats what is there.
 */
export const opAhead = (moment: number, now: number): OnecountError =>
  new OnecountError('op_ahead', { field: 'op', now: Math.floor(moment / 1000) + (moment > now ? 1 : 0) })

export const unavailable = (detail: string): OnecountError => new OnecountError('unavailable', { detail })

/** @throws OnecountError `unavailable` in place of StoreUnavailable */
export async function orUnavailable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    throw new OnecountError('unavailable', { cause: error })
  }
}
