import { StoreUnavailable } from '../core/errors'
import type {
  PairOp,
  PairWrite,
  PostgresPort,
  PostgresState,
  Snapshot,
  SyncResult,
  WriteResult,
} from '../core/ports'

/** What the SQL functions take, by name; lists are arrays of text, numbers in them are strings. */
export type RpcArgs = Record<string, string | number | null | string[]>

/** Calls one of the SQL functions in `sql/` and answers its JSON. */
export type Rpc = (name: string, args: RpcArgs) => Promise<unknown>

type Triple = [postId: string, sessionId: string, op: number]

/** The Postgres port over any way to call a function: both drivers are this, with their own `rpc`. */
export function postgresPort(rpc: Rpc): PostgresPort {
  async function call<T>(name: string, args: RpcArgs): Promise<T> {
    try {
      return (await rpc(`onecount_${name}`, args)) as T
    } catch (error) {
      throw new StoreUnavailable('postgres', error)
    }
  }

  return {
    async sync({ partition, parent, nonce, entries, seen, limit }) {
      const result = await call<SyncReply>('sync', {
        p_partition: partition,
        p_parent: parent,
        p_nonce: nonce,
        ...columns('p_', entries),
        p_revs: entries.map(e => String(e.rev)),
        ...columns('p_seen_', seen),
        p_limit: limit,
      })
      if (result.status !== 'applied') return result
      return {
        ...result,
        unseen: result.unseen.map(([postId, sessionId, op]) => ({ postId, sessionId, op })),
      }
    },

    async write(writes, now, { ahead } = {}) {
      const clock = { p_now: String(now), p_ahead: ahead === undefined ? null : String(ahead) }
      if (writes.length === 1) {
        const [{ postId, sessionId }] = writes as [PairWrite]
        const args = { p_post: postId, p_session: sessionId, p_op: opOrParity(writes[0]!), ...clock }
        return [toResult(await call<WriteReply>('write_one', args))]
      }
      const replies = await call<WriteReply[]>('write', {
        p_posts: writes.map(write => write.postId),
        p_sessions: writes.map(write => write.sessionId),
        p_ops: writes.map(opOrParity),
        ...clock,
      })
      return replies.map(toResult)
    },

    async peek(postIds, sessionId, pending) {
      const args = { p_posts: postIds, p_session: sessionId, ...columns('p_pending_', pending) }
      return (await call<StateReply[]>('peek', args)).map(toState)
    },

    async snapshot(postIds) {
      return (await call<SnapshotReply[]>('snapshot', { p_posts: postIds })).map(toSnapshot)
    },

    async posts(after, limit) {
      const page = await call<{ post: string; likes: number; rev: number; ratings: number }[]>('posts', {
        p_after: after,
        p_limit: limit,
      })
      return page.map(({ post, ...rest }) => ({ postId: post, ...rest }))
    },

    async session(sessionId, after, limit) {
      const args = { p_session: sessionId, p_after: after, p_limit: limit }
      return (await call<[string, number][]>('session', args)).map(([postId, op]) => ({ postId, op }))
    },

    removePost: postId => call('remove_post', { p_post: postId }),

    async ranking(limit) {
      const top = await call<[string, number][]>('ranking', { p_limit: limit })
      return top.map(([postId, likes]) => ({ postId, likes }))
    },

    status: partition => call('status', { p_partition: partition }),
  }
}

type SyncReply =
  | { status: 'applied'; gone: string[]; unseen: Triple[] }
  | Exclude<SyncResult, { status: 'applied' }>

type WriteReply = ({ status: 'applied' } & StateReply) | Exclude<WriteResult, { status: 'applied' }>

interface StateReply {
  post: string
  count: number
  rev: number
  liked: boolean
  op: number
}

interface SnapshotReply {
  post: string
  likes: number
  rev: number
  sessions: string[]
  ops: number[]
  unseenSessions: string[]
  unseenOps: number[]
}

function columns(prefix: string, pairs: PairOp[]): RpcArgs {
  return {
    [`${prefix}posts`]: pairs.map(p => p.postId),
    [`${prefix}sessions`]: pairs.map(p => p.sessionId),
    [`${prefix}ops`]: pairs.map(p => String(p.op)),
  }
}

/** The functions take 0 or 1 for an op that they are to assign. */
const opOrParity = ({ op, liked }: PairWrite): string => String(op ?? Number(liked))

function toResult(reply: WriteReply): WriteResult {
  if (reply.status !== 'applied') return reply
  const { status, ...state } = reply
  return { status, state: toState(state) }
}

const toState = ({ post, ...rest }: StateReply): PostgresState => ({ postId: post, ...rest })

function toSnapshot(reply: SnapshotReply): Snapshot {
  const zip = (sessions: string[], ops: number[]) =>
    sessions.map((sessionId, i) => ({ sessionId, op: ops[i]! }))
  return {
    postId: reply.post,
    likes: reply.likes,
    rev: reply.rev,
    ratings: zip(reply.sessions, reply.ops),
    unseen: zip(reply.unseenSessions, reply.unseenOps),
  }
}
