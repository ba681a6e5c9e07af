import { StoreRefused } from '../../src/core/errors'
import { failureOf } from '../../src/postgres/failure'
import { postgresPort as presentPort, type Rpc, type RpcArgs } from '../../src/postgres/rpc'
import type {
  PairOp,
  PairWrite,
  PostgresPort,
  PostgresState,
  Snapshot,
  SyncResult,
  WriteResult,
} from '../core/ports'

/** The Postgres port over any way to call a function of `sql/`. Each method is one call, thus one round trip. */
export function postgresPort(rpc: Rpc): PostgresPort {
  async function call<T>(name: string, args: RpcArgs): Promise<T> {
    try {
      return (await rpc(`onecount_${name}`, args)) as T
    } catch (error) {
      throw failureOf(error)
    }
  }
  const { session, removePost, refused, dropRefused } = presentPort(rpc)

  return {
    session,
    removePost,
    refused,
    dropRefused,

    async sync({ partition, parent, nonce, entries, limit }): Promise<SyncResult> {
      const reply = await call<DrainReply | EveryRefused>('drain', {
        p_partition: partition,
        p_parent: parent,
        p_nonce: nonce,
        ...columns(entries),
        p_revs: entries.map(entry => String(entry.rev)),
        p_limit: limit,
      })
      if (reply.status === 'refused') throw new StoreRefused(reply.sqlstate, reply.message)
      if (reply.status === 'rejected') return reply
      return {
        ...reply,
        rows: reply.rows.map(([postId, sessionId, op]) => ({ postId, sessionId, op })),
        posts: reply.posts.map(([postId, likes]) => ({ postId, likes })),
        refused: reply.refused.map(([postId, sessionId, op, sqlstate, message, known]) => ({
          postId,
          sessionId,
          op,
          sqlstate,
          message,
          known,
        })),
      }
    },

    async write(writes, now, { ahead } = {}) {
      const replies = await call<WriteReply[] | EveryRefused>('press', {
        p_posts: writes.map(write => write.postId),
        p_sessions: writes.map(write => write.sessionId),
        p_ops: writes.map(opOrParity),
        p_now: String(now),
        p_ahead: ahead === undefined ? null : String(ahead),
      })
      if (!Array.isArray(replies)) throw new StoreRefused(replies.sqlstate, replies.message)
      return replies.map(toResult)
    },

    async snapshot({ partition, postIds, sessionId, pairs, most }): Promise<Snapshot> {
      const { receipt, posts, session } = await call<HydrateReply>('hydrate', {
        p_partition: partition,
        p_posts: postIds,
        p_session: sessionId,
        p_pairs: pairs,
        p_most: most,
      })
      return {
        receipt,
        posts: posts.map(([postId, likes, rev]) => ({ postId, likes, rev })),
        session: session && {
          extent: session.extent,
          ops: session.ops.map(([postId, op]) => ({ postId, op })),
        },
      }
    },

    async peek(postIds, sessionId) {
      return (await call<StateReply[]>('peek', { p_posts: postIds, p_session: sessionId })).map(toState)
    },

    status: partition => call('cut_status', { p_partition: partition }),

    retryRefused: ops => call('retry_refused', columns(ops)),
  }
}

type DrainReply =
  | {
      status: 'applied'
      receipt: string
      rows: [postId: string, sessionId: string, op: number][]
      posts: [postId: string, likes: number][]
      refused: [
        postId: string,
        sessionId: string,
        op: number,
        sqlstate: string,
        message: string,
        known: number,
      ][]
    }
  | { status: 'rejected'; receipt: string }

/** Postgres refuses every op. */
type EveryRefused = { status: 'refused'; sqlstate: string; message: string }

type WriteReply = ({ status: 'applied' } & StateReply) | Exclude<WriteResult, { status: 'applied' }>

interface StateReply extends Omit<PostgresState, 'postId'> {
  post: string
}

interface HydrateReply {
  receipt: string
  posts: [postId: string, likes: number, rev: number][]
  session: { extent: 'all' | 'some'; ops: [postId: string, op: number][] } | null
}

const columns = (pairs: PairOp[]): RpcArgs => ({
  p_posts: pairs.map(pair => pair.postId),
  p_sessions: pairs.map(pair => pair.sessionId),
  p_ops: pairs.map(pair => String(pair.op)),
})

/** The functions take 0 or 1 for an op that they are to assign. */
const opOrParity = ({ op, liked }: PairWrite): string => String(op ?? Number(liked))

const toState = ({ post, ...rest }: StateReply): PostgresState => ({ postId: post, ...rest })

function toResult(reply: WriteReply): WriteResult {
  if (reply.status !== 'applied') return reply
  const { status, ...state } = reply
  return { status, state: toState(state) }
}
