import {
  answerCold,
  assertExists,
  attempts,
  lookUp,
  opAhead,
  taken,
  unavailable,
  viaPostgres,
} from './accept'
import type { Context } from './context'
import { assertOp } from './op'
import { unknown } from './read'
import type { WriteState } from './types'
import { runWrite } from './write-scripts'

/**
 * Makes the pair liked or not by an op of the caller. It counts as it is, loses to a newer one, or is refused; a repeat
 * with the same op changes nothing. One round trip when the post is warm; otherwise the post is looked up first, so that
 * no key is made for a post that is not there.
 * @throws OnecountError `invalid_op`; `op_ahead`; `post_not_found`; `refused` when a rule of the
 * database forbids it; `unavailable` when neither store could take it, or
 * when Postgres alone could tell whether it may count
 */
export async function write(
  ctx: Context,
  postId: string,
  sessionId: string,
  liked: boolean,
  op: number,
): Promise<WriteState> {
  assertOp(op, liked)
  const pair = { postId, sessionId, op }
  const inRedis = await attempts(ctx, async () => {
    let reply = await runWrite(ctx, { ...pair, now: ctx.now(), accept: 'warm' })
    let isReachable = true
    if (reply.verdict === 'cold' && reply.op < op) {
      isReachable = await assertExists(ctx, postId)
      reply = await runWrite(ctx, { ...pair, now: ctx.now(), accept: 'any' })
    }
    if (reply.verdict === 'ask') {
      // While Postgres hangs, asking again would take its deadline twice.
      if (!isReachable) throw unavailable('Postgres alone knows whether the op may count')
      const { op: known, rev } = await lookUp(ctx, postId, sessionId)
      reply = await runWrite(ctx, { ...pair, now: Math.max(ctx.now(), rev), accept: 'any', known })
    }
    if (reply.verdict === 'warm') return reply.state
    if (reply.verdict === 'ahead') throw opAhead(reply.moment, ctx.now())
    if (reply.verdict === 'ask') throw new TypeError('write asks for what it was given')
    const accepted = Math.max(op, reply.op)
    return isReachable ? answerCold(ctx, postId, sessionId, accepted) : taken(unknown(postId), accepted)
  })
  return inRedis ?? viaPostgres(ctx, { ...pair, liked }, ctx.now())
}
