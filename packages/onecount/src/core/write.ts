import type { Context } from './context'
import { OnecountError, StoreUnavailable } from './errors'
import { hydrate } from './hydrate'
import { isLikedOp, trustedOp } from './op'
import type { PairWrite, PostgresState } from './ports'
import { fromPostgres, read, unknown } from './read'
import { strings } from './replies'
import type { LikeState, WriteState } from './types'

/** Attempts against Redis with the same op before Postgres is asked. */
const ATTEMPTS = 2

/**
 * Makes the pair liked or not, whatever it was: the primitive. Repeating it with the same op changes nothing.
 * One round trip when the post is warm; otherwise the post is looked up first, so that no key is made for a post
 * that is not there.
 * @throws OnecountError `post_not_found`, or `unavailable` when neither store could take it
 */
export async function set(
  ctx: Context,
  postId: string,
  sessionId: string,
  liked: boolean,
  wanted?: number,
): Promise<WriteState> {
  const op = trustedOp(wanted, liked, ctx.now())
  const inRedis = await attempts(ctx, async () => {
    let reply = await runWrite(ctx, postId, sessionId, op, 'warm')
    let isReachable = true
    if (!reply.state && reply.op < op) {
      isReachable = await assertExists(ctx, postId)
      reply = await runWrite(ctx, postId, sessionId, op, 'any')
    }
    if (reply.state) return reply.state
    const accepted = Math.max(op, reply.op)
    // Postgres is not asked again: while it hangs that would take its deadline twice.
    return isReachable ? cold(ctx, postId, sessionId, accepted) : taken(unknown(postId), accepted)
  })
  return inRedis ?? viaPostgres(ctx, { postId, sessionId, op: wanted === undefined ? null : op, liked })
}

/**
 * Flips the pair, for callers that hold no op: the store decides what it was. A repeat after an unknown outcome
 * never flips twice.
 * @throws OnecountError as {@link set}
 */
export async function toggle(ctx: Context, postId: string, sessionId: string): Promise<WriteState> {
  const now = ctx.now()
  const inRedis = await attempts(ctx, async again => {
    let reply = await runToggle(ctx, postId, sessionId, now, again, '')
    if (!reply.state && reply.op === 0) {
      const before = await lookUp(ctx, postId, sessionId)
      reply = await runToggle(ctx, postId, sessionId, now, again, before.op)
    }
    return reply.state ?? cold(ctx, postId, sessionId, reply.op)
  })
  if (inRedis) return inRedis
  const before = await postgres(lookUp(ctx, postId, sessionId))
  return viaPostgres(ctx, { postId, sessionId, op: null, liked: !before.liked })
}

/** The pair as Postgres has it. @throws OnecountError `post_not_found` */
async function lookUp(ctx: Context, postId: string, sessionId: string): Promise<PostgresState> {
  const [state] = await ctx.postgres.peek([postId], sessionId, [])
  if (!state) throw new OnecountError('post_not_found', { field: 'postId' })
  return state
}

/** Tries Redis, again with the same op when the outcome is unknown; `null` when it cannot be reached. */
async function attempts(
  ctx: Context,
  attempt: (again: boolean) => Promise<WriteState>,
): Promise<WriteState | null> {
  for (let i = 0; ctx.redis && i < ATTEMPTS; i++) {
    try {
      return await attempt(i > 0)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      if (error.store === 'postgres') throw new OnecountError('unavailable', { cause: error })
    }
  }
  return null
}

interface WriteReply {
  /** Absent when the post is cold. */
  state?: WriteState
  /** The greatest op of the pair that Redis has accepted. */
  op: number
}

function runWrite(
  ctx: Context,
  postId: string,
  sessionId: string,
  op: number,
  accept: 'warm' | 'any',
): Promise<WriteReply> {
  return ctx
    .redis!.run('write', pairKeys(ctx, postId, sessionId), [postId, sessionId, op, ctx.now(), accept])
    .then(reply => parse(postId, reply))
}

function runToggle(
  ctx: Context,
  postId: string,
  sessionId: string,
  now: number,
  again: boolean,
  known: number | '',
): Promise<WriteReply> {
  return ctx
    .redis!.run('toggle', pairKeys(ctx, postId, sessionId), [
      postId,
      sessionId,
      now,
      again ? '1' : '0',
      known,
    ])
    .then(reply => parse(postId, reply))
}

function pairKeys({ keys }: Context, postId: string, sessionId: string): string[] {
  return [
    keys.likes(postId),
    keys.liked(postId),
    keys.meta(postId),
    keys.sessions(sessionId),
    keys.q,
    keys.recent,
    keys.rank,
  ]
}

function parse(postId: string, reply: Parameters<typeof strings>[0]): WriteReply {
  const [verdict, ...rest] = strings(reply)
  if (verdict === 'COLD') return { op: Number(rest[0]) }
  const [count, rev, liked, op, durable] = rest
  const state: WriteState = {
    postId,
    count: Number(count),
    rev: Number(rev),
    liked: liked === '1',
    op: Number(op),
    durable: durable === '1',
    source: 'redis',
  }
  return { state, op: state.op }
}

/**
 * A cold post is hydrated, or refused when it is gone. False while Postgres is unreachable: then a press is taken
 * unseen, and dropped by the sync that finds no post; a toggle cannot be, as nobody knows what it would flip.
 */
async function assertExists(ctx: Context, postId: string): Promise<boolean> {
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
async function cold(ctx: Context, postId: string, sessionId: string, op: number): Promise<WriteState> {
  const state = (await read(ctx, [postId], sessionId)).get(postId)
  if (!state) throw new OnecountError('post_not_found', { field: 'postId' })
  return taken(state, op)
}

/**
 * What is said of an op that Redis holds and the count may not show. An op that beats it is Postgres' alone: Redis has yet
 * to be told.
 */
const taken = (state: LikeState, op: number): WriteState => ({
  ...state,
  source: (state.op ?? 0) > op ? 'postgres' : state.source,
  liked: state.liked ?? isLikedOp(op),
  op: Math.max(op, state.op ?? 0),
  durable: false,
})

async function viaPostgres(ctx: Context, write: PairWrite): Promise<WriteState> {
  const [result] = await postgres(ctx.postgres.write([write], ctx.now()))
  if (result?.status !== 'applied') throw new OnecountError('post_not_found', { field: 'postId' })
  return { ...fromPostgres(result.state, 'postgres'), op: result.state.op, durable: true }
}

async function postgres<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    throw new OnecountError('unavailable', { cause: error })
  }
}
