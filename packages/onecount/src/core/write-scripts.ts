import type { Context } from './context'
import { MAX_OP_AHEAD } from './op'
import type { Reply } from './ports'
import { strings } from './replies'
import type { WriteState } from './types'

/** What the scripts `write` and `press` say; but for the first two, nothing has changed. */
export type WriteReply =
  | { verdict: 'warm'; op: number; state: WriteState }
  /** `op` is the greatest of the pair that Redis has accepted, 0 for none. */
  | { verdict: 'cold'; op: number }
  /** Postgres may know an op of the pair that decides: call again with it. */
  | { verdict: 'ask' }
  /** The op is too far after `moment`, microseconds. */
  | { verdict: 'ahead'; moment: number }

interface WriteCall {
  postId: string
  sessionId: string
  op: number
  /** Microseconds. */
  now: number
  accept: 'warm' | 'any'
  /** The pair's op in Postgres; left out when Postgres was not asked. */
  known?: number
  /** The op was accepted before, and is not judged again. */
  isAccepted?: boolean
}

/** One round trip. @throws StoreUnavailable */
export async function runWrite(ctx: Context, call: WriteCall): Promise<WriteReply> {
  const { postId, sessionId, op, now, accept, known = '', isAccepted } = call
  const args = [postId, sessionId, op, now, accept, known, isAccepted ? '' : MAX_OP_AHEAD]
  return parse(postId, await ctx.redis!.run('write', pairKeys(ctx, postId, sessionId), args))
}

interface PressCall {
  postId: string
  sessionId: string
  /** `null`: the opposite of what the pair is. */
  liked: boolean | null
  /** Names the call: one that arrives twice is given one op. */
  id: string
  /** Microseconds, the same on every attempt. */
  now: number
  /** The pair's op in Postgres; `?`: Postgres does not answer; left out when it was not asked. */
  known?: number | '?'
}

/** How long a call that arrives again finds the op that it was given, milliseconds. */
const KEEP_CALL_MS = 30_000

/** One round trip. @throws StoreUnavailable */
export async function runPress(ctx: Context, call: PressCall): Promise<WriteReply> {
  const { postId, sessionId, liked, id, now, known = '' } = call
  const wanted = liked === null ? 'flip' : liked ? '1' : '0'
  return parse(
    postId,
    await ctx.redis!.run(
      'press',
      [...pairKeys(ctx, postId, sessionId), ctx.keys.call(id)],
      [postId, sessionId, now, wanted, known, MAX_OP_AHEAD, KEEP_CALL_MS],
    ),
  )
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

function parse(postId: string, reply: Reply): WriteReply {
  const [verdict, ...rest] = strings(reply)
  if (verdict === 'COLD') return { verdict: 'cold', op: Number(rest[0]) }
  if (verdict === 'ASK') return { verdict: 'ask' }
  if (verdict === 'AHEAD') return { verdict: 'ahead', moment: Number(rest[0]) }
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
  return { verdict: 'warm', state, op: state.op }
}
