import {
  answerCold,
  assertExists,
  attempts,
  lookUp,
  orUnavailable,
  taken,
  unavailable,
  viaPostgres,
} from './accept'
import type { Context } from './context'
import { StoreUnavailable } from './errors'
import { opTime } from './op'
import type { PostgresState } from './ports'
import { unknown } from './read'
import type { WriteState } from './types'
import { runPress, type WriteReply } from './write-scripts'

/**
 * A press without an op: the pair becomes liked or not, or the opposite of what it was (`null`). The store gives it an
 * op that beats what is there, whatever this server's clock says; a repeat after an unknown outcome is given the same
 * one. One round trip when the post is warm.
 * @throws OnecountError `post_not_found`; `unavailable` when neither store could take it, or when nothing tells what
 * would be flipped
 */
export async function press(
  ctx: Context,
  postId: string,
  sessionId: string,
  liked: boolean | null,
): Promise<WriteState> {
  const call = { postId, sessionId, liked, id: ctx.newId(), now: ctx.now() }
  const inRedis = await attempts(ctx, async () => {
    let reply = await runPress(ctx, call)
    let isReachable = true
    if (isRefusedCold(reply)) {
      isReachable = await assertExists(ctx, postId)
      if (isReachable) reply = await runPress(ctx, call)
    }
    if (isRefusedCold(reply) || reply.verdict === 'ask') {
      const known = isReachable ? await ask(ctx, postId, sessionId) : null
      isReachable = known !== null
      if (!known && liked === null) throw unavailable('Postgres alone knows what would be flipped')
      reply = await runPress(ctx, { ...call, known: known?.op ?? '?' })
    }
    if (reply.verdict === 'warm') return reply.state
    if (reply.verdict !== 'cold') throw new TypeError(`press answers ${reply.verdict} to what it asked for`)
    return isReachable ? answerCold(ctx, postId, sessionId, reply.op) : taken(unknown(postId), reply.op)
  })
  return inRedis ?? pressPostgres(ctx, postId, sessionId, liked, call.now)
}

const isRefusedCold = (reply: WriteReply) => reply.verdict === 'cold' && reply.op === 0

/**
 * By the clock of the press: where an attempt has reached Redis after all, that one and whatever was pressed since are
 * not beaten again. An op of exactly this moment is that of the attempt, drained since.
 */
async function pressPostgres(
  ctx: Context,
  postId: string,
  sessionId: string,
  liked: boolean | null,
  now: number,
): Promise<WriteState> {
  if (liked !== null) return viaPostgres(ctx, { postId, sessionId, op: null, liked }, now)
  const before = await orUnavailable(lookUp(ctx, postId, sessionId))
  if (opTime(before.op) === now)
    return viaPostgres(ctx, { postId, sessionId, op: before.op, liked: before.liked }, now)
  return viaPostgres(ctx, { postId, sessionId, op: null, liked: !before.liked }, now)
}

/** `null` when Postgres does not answer. @throws OnecountError `post_not_found` */
async function ask(ctx: Context, postId: string, sessionId: string): Promise<PostgresState | null> {
  try {
    return await lookUp(ctx, postId, sessionId)
  } catch (error) {
    if (error instanceof StoreUnavailable && error.store === 'postgres') return null
    throw error
  }
}
