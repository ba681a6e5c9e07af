import { StoreRefused } from '../core/errors'
import type {
  PairOp,
  PairWrite,
  PostgresPort,
  PostgresState,
  PostgresStatus,
  RankedPost,
  RefusedOp,
  Snapshot,
  SyncResult,
  WriteResult,
} from '../core/ports'
import { failureOf } from './failure'

/** What the SQL functions take, by name; lists are arrays of text, numbers in them are strings. */
export type RpcArgs = Record<string, string | number | boolean | null | string[]>

/** Calls one of the SQL functions in `sql/` and answers its JSON. */
export type Rpc = (name: string, args: RpcArgs) => Promise<unknown>

type Triple = [postId: string, sessionId: string, op: number]
type Refused = [...Triple, sqlstate: string, message: string]
type SetAside = [...Refused, at: string]

/** The Postgres port over any way to call a function: both drivers are this, with their own `rpc`. */
export function postgresPort(rpc: Rpc): PostgresPort {
  async function call<T>(name: string, args: RpcArgs): Promise<T> {
    try {
      return (await rpc(`onecount_${name}`, args)) as T
    } catch (error) {
      throw failureOf(error)
    }
  }

  return {
    async sync({ partition, parent, nonce, entries, seen, limit, owner = null }) {
      const result = await call<SyncReply>('sync', {
        p_partition: partition,
        p_parent: parent,
        p_nonce: nonce,
        ...columns('p_', entries),
        p_revs: entries.map(e => String(e.rev)),
        ...columns('p_seen_', seen),
        p_limit: limit,
        p_owner: owner,
      })
      if (result.status === 'refused') throw new StoreRefused(result.sqlstate, result.message)
      if (result.status !== 'applied') return result
      return {
        ...result,
        refused: result.refused.map(toRefused),
        unseen: result.unseen.map(([postId, sessionId, op]) => ({ postId, sessionId, op })),
      }
    },

    async write(writes, now, { ahead } = {}) {
      const clock = { p_now: String(now), p_ahead: ahead === undefined ? null : String(ahead) }
      const args = {
        p_posts: writes.map(write => write.postId),
        p_sessions: writes.map(write => write.sessionId),
        p_ops: writes.map(opOrParity),
        ...clock,
      }
      try {
        if (writes.length === 1) {
          const [{ postId, sessionId }] = writes as [PairWrite]
          const one = { p_post: postId, p_session: sessionId, p_op: opOrParity(writes[0]!), ...clock }
          return [toResult(await call<WriteReply>('write_one', one))]
        }
        return (await call<WriteReply[]>('write', args)).map(toResult)
      } catch (error) {
        // Nothing of the call was applied: another function finds out which presses are refused.
        if (!(error instanceof StoreRefused) || writes.length === 0) throw error
        const replies = await call<WriteReply[] | EveryRefused>('write_sparing', args)
        if (!Array.isArray(replies)) throw new StoreRefused(replies.sqlstate, replies.message)
        return replies.map(toResult)
      }
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

    async likes(after, limit) {
      return (await call<[string, number][]>('likes', { p_after: after, p_limit: limit })).map(toRanked)
    },

    async ranking(limit) {
      return (await call<[string, number][]>('ranking', { p_limit: limit })).map(toRanked)
    },

    status: partition => call<PostgresStatus>('status', { p_partition: partition }),

    takeOver: (partition, owner, from) =>
      call('take_over', { p_partition: partition, p_owner: owner, p_from: from }),

    async refused({ postId = null, sessionId = null }, after, limit) {
      const page = await call<SetAside[]>('refused', {
        p_post: postId,
        p_session: sessionId,
        p_after_post: after?.postId ?? null,
        p_after_session: after?.sessionId ?? null,
        p_limit: limit,
      })
      return page.map(row => ({ ...toRefused(row), refusedAt: row[5] }))
    },

    retryRefused: ops => call('resolve_refused', { ...columns('p_', ops), p_drop: false }),

    async dropRefused(ops) {
      await call('resolve_refused', { ...columns('p_', ops), p_drop: true })
    },
  }
}

type SyncReply =
  | { status: 'applied'; gone: string[]; refused: Refused[]; unseen: Triple[] }
  | EveryRefused
  | Exclude<SyncResult, { status: 'applied' }>

/** Postgres refuses every op. */
type EveryRefused = { status: 'refused'; sqlstate: string; message: string }

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
  /** Absent: the migration that tells it is not applied yet. */
  receipt?: string | null
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

const toRanked = ([postId, likes]: [string, number]): RankedPost => ({ postId, likes })
const toRefused = ([postId, sessionId, op, sqlstate, message]: Refused | SetAside): RefusedOp => ({
  postId,
  sessionId,
  op,
  sqlstate,
  message,
})

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
    receipt: reply.receipt ?? '',
  }
}
