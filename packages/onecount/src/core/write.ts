import type { Context } from './context'
import { OnecountError, StoreUnavailable } from './errors'
import { hydrate, ROUNDS } from './hydrate'
import { assertOp, MAX_OP_AHEAD, opTime } from './op'
import type { PairOp, PairWrite, PostgresState } from './ports'
import { fromPostgres, read, unknown, withPress } from './read'
import type { Accept } from './script-calls'
import type { Verdict } from './scripts'
import type { LikeState, WriteState } from './types'

/** Attempts against Redis, each the same press, before Postgres is asked. */
const ATTEMPTS = 2
/** How long a call that arrives again finds the op that it was given, milliseconds. */
const KEEP_CALL_MS = 30_000

/** What a press is prepared by: `held`, it cannot be made known now; `down`, Postgres does not answer. */
type Prepared = 'hydrated' | 'held' | 'down'

/**
 * Makes the pair liked or not by an op of the caller. It counts as it is, loses to a newer one, or is refused; a repeat
 * with the same op changes nothing. One round trip when post and session are warm.
 * @throws OnecountError `invalid_op`, `op_ahead`, `post_not_found`, `refused`; `unavailable` when neither store could
 * take it, or when Postgres alone could tell whether it may count
 */
export async function write(
  ctx: Context,
  postId: string,
  sessionId: string,
  liked: boolean,
  op: number,
): Promise<WriteState> {
  assertOp(op, liked)
  if (ctx.kind.isPrivate) await judgeAlone(ctx, { postId, sessionId, op })
  const pair = { postId, sessionId, op }
  const inRedis = await attempts(ctx, pair, accept => runWrite(ctx, pair, accept))
  return inRedis ?? viaPostgres(ctx, { ...pair, liked }, ctx.now())
}

/** One round trip. `isAccepted`: by Postgres, and not judged again. @throws StoreUnavailable */
export function runWrite(
  { redis, now, settings: { likers } }: Context,
  pair: PairOp,
  accept: Accept,
  isAccepted = false,
): Promise<Verdict> {
  return redis!.write(pair, { now: now(), accept, ahead: isAccepted ? '' : MAX_OP_AHEAD, likers })
}

/**
 * A press without an op: the pair becomes liked or not, or the opposite of what it was (`null`). The store gives it an
 * op that beats what is there; a repeat after an unknown outcome is given the same one.
 * @throws as `write`
 */
export async function press(
  ctx: Context,
  postId: string,
  sessionId: string,
  liked: boolean | null,
): Promise<WriteState> {
  const now = ctx.now()
  const of = {
    call: ctx.newId(),
    ahead: MAX_OP_AHEAD,
    keepMs: KEEP_CALL_MS,
    likers: ctx.settings.likers,
  }
  const call = (accept: Accept, wanted: boolean | 'flip', at: number) =>
    ctx.redis!.press({ postId, sessionId }, { ...of, now: at, wanted, accept })
  const run = async (accept: Accept) => {
    const verdict = await call(accept, liked ?? 'flip', now)
    if (verdict.kind !== 'ask') return verdict
    // The pair cannot be made known, and nothing of it is pending: what it is Postgres knows.
    const known = await lookUp(ctx, postId, sessionId)
    return call(accept, !known.liked, Math.max(now, opTime(known.op) + 1))
  }
  const inRedis = await attempts(ctx, { postId, sessionId }, run)
  if (inRedis) return inRedis
  if (liked !== null) return viaPostgres(ctx, { postId, sessionId, op: null, liked }, now)
  const before = await orUnavailable(lookUp(ctx, postId, sessionId))
  // An op of exactly this moment is that of an attempt, drained since.
  const isOwn = opTime(before.op) === now
  const op = isOwn ? before.op : null
  return viaPostgres(ctx, { postId, sessionId, op, liked: isOwn ? before.liked : !before.liked }, now)
}

/** Tries Redis, again when the outcome is unknown; `null` when Redis cannot be reached. */
async function attempts(
  ctx: Context,
  pair: Pick<PairOp, 'postId' | 'sessionId'>,
  run: (accept: Accept) => Promise<Verdict>,
): Promise<WriteState | null> {
  for (let i = 0; ctx.redis && i < ATTEMPTS; i++) {
    try {
      return await attempt(ctx, pair, run)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      if (error.store === 'postgres') throw new OnecountError('unavailable', { cause: error })
      ctx.refusedPresses.note(error)
    }
  }
  return null
}

async function attempt(
  ctx: Context,
  { postId, sessionId }: Pick<PairOp, 'postId' | 'sessionId'>,
  run: (accept: Accept) => Promise<Verdict>,
): Promise<WriteState> {
  let prepared: Prepared = 'hydrated'
  for (let round = 0; ; round++) {
    const reply = await run(prepared === 'hydrated' ? 'warm' : 'any')
    if (reply.kind === 'warm') {
      // What is guessed may be another session's press, which a private kind does not show: a read tells.
      const isUntold = ctx.kind.isPrivate && prepared === 'hydrated' && reply.state.source === 'lagging'
      if (!isUntold) return reply.state
    }
    if (reply.kind === 'ahead') throw opAhead(reply.moment, ctx.now())
    if (reply.kind === 'ask')
      throw new OnecountError('unavailable', { detail: 'Postgres alone knows what the press may do' })
    if (reply.kind === 'cold' || reply.kind === 'warm') {
      // The count of a Postgres that does not answer is not waited for once more.
      const state = prepared === 'down' ? unknown(postId) : (await read(ctx, [postId], sessionId)).get(postId)
      if (!state) throw notFound()
      return acknowledge(state, reply.kind === 'warm' ? reply.state.op : reply.op)
    }
    if (prepared !== 'hydrated') throw new TypeError('a press asks for what it was given')
    prepared = await prepare(ctx, { postId, sessionId }, reply.isPostCold, round)
  }
}

/**
 * Makes post and pair known before a press, so that no key is made for a post that is not there. Where that cannot be,
 * the press is accepted all the same: then the count says that it lags until the press is drained.
 */
async function prepare(
  ctx: Context,
  { postId, sessionId }: Omit<PairOp, 'op'>,
  isPostCold: boolean,
  round: number,
): Promise<Prepared> {
  try {
    const need = { postIds: isPostCold ? [postId] : [], sessionId, pairs: [postId] }
    const { gone, held, isSessionHeld } = await hydrate(ctx, need, round)
    if (gone.length > 0) throw notFound()
    return held.size > 0 || isSessionHeld || round >= ROUNDS - 1 ? 'held' : 'hydrated'
  } catch (error) {
    if (error instanceof StoreUnavailable && error.store === 'postgres') return 'down'
    throw error
  }
}

/**
 * Judges an op of a private kind by the clock and its own pair. The stores judge by the revision of the post too, and
 * where that is ahead of this clock, their verdict would tell of others' presses.
 * @throws OnecountError as `write`
 */
async function judgeAlone(ctx: Context, { postId, sessionId, op }: PairOp): Promise<void> {
  const now = ctx.now()
  if (opTime(op) <= now + MAX_OP_AHEAD) return
  const state = (await read(ctx, [postId], sessionId)).get(postId)
  if (!state) throw notFound()
  if (state.liked === null)
    throw new OnecountError('unavailable', { detail: 'Postgres alone knows what the press may do' })
  const moment = Math.max(now, opTime(state.op ?? 0))
  if (opTime(op) > moment + MAX_OP_AHEAD) throw opAhead(moment, now)
}

/**
 * What is said of an op that Redis holds and the count may not show. A Redis that knows the pair and not this op has
 * lost it since it accepted it, or Postgres has refused it: then a count with it is not exact.
 */
const acknowledge = (state: LikeState, op: number): WriteState => {
  const isGone = state.source === 'redis' && op > (state.op ?? 0)
  return {
    ...withPress(state, op),
    op: Math.max(op, state.op ?? 0),
    durable: false,
    source: isGone ? 'lagging' : state.source,
  }
}

/** The pair as Postgres has it. @throws OnecountError `post_not_found`; StoreUnavailable */
async function lookUp(ctx: Context, postId: string, sessionId: string): Promise<PostgresState> {
  const [state] = await ctx.postgres.peek([postId], sessionId)
  if (!state) throw notFound()
  return state
}

/**
 * The press goes to Postgres, which judges a caller's op as Redis does. Ops that Redis alone holds are not known there.
 */
async function viaPostgres(ctx: Context, press: PairWrite, now: number): Promise<WriteState> {
  const [result] = await orUnavailable(ctx.postgres.write([press], now, { ahead: MAX_OP_AHEAD }))
  if (result?.status === 'ahead') {
    const { op, rev } = await orUnavailable(lookUp(ctx, press.postId, press.sessionId))
    throw opAhead(Math.max(now, opTime(op), rev), now)
  }
  if (result?.status === 'refused') throw new OnecountError('refused')
  if (result?.status !== 'applied') throw notFound()
  return { ...fromPostgres(result.state), op: result.state.op, durable: true }
}

const notFound = () => new OnecountError('post_not_found', { field: 'postId' })

/**
 * An op of the moment that is told is accepted. That is this server's time, so that it does not beat what is pressed in
 * between; where the pair or its post is ahead of that, a moment after them, so that it beats what is there.
 */
const opAhead = (moment: number, now: number): OnecountError =>
  new OnecountError('op_ahead', { field: 'op', now: Math.floor(moment / 1000) + (moment > now ? 1 : 0) })

/** @throws OnecountError `unavailable` in place of StoreUnavailable */
async function orUnavailable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    throw new OnecountError('unavailable', { cause: error })
  }
}
