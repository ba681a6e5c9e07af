import { StoreRefused } from '../core/errors'
import { DEFAULT_KIND, type Kind } from '../core/kind'
import { NIL_UUID } from '../core/kind-ids'
import type {
  PairOp,
  PairWrite,
  PostgresPort,
  PostgresState,
  PostgresStatus,
  RankedPost,
  RefusedOp,
  SyncResult,
  WriteResult,
} from '../core/ports'
import { failureOf, isConflict } from './failure'
import { functionPrefix } from './names'

/** How often a call is made that Postgres undoes for the sake of another transaction. */
const ATTEMPTS = 3
/** So long the other transaction has to wake up: a call that comes again at once would take its lock from it. */
const STAND_BACK_MS = 50

/** What the SQL functions take, by name; lists are arrays of text, numbers in them are strings. */
export type RpcArgs = Record<string, string | number | boolean | null | string[]>

/** Calls one of the SQL functions in `sql/` and answers its JSON. */
export type Rpc = (name: string, args: RpcArgs) => Promise<unknown>

type Triple = [postId: string, sessionId: string, op: number]
type Refused = [...Triple, sqlstate: string, message: string]
type SetAside = [...Refused, at: string]

/** What {@link postgresPort} takes. */
export interface PostgresPortOptions {
  /**
   * Whose functions are called, of `defineConfig`.
   * @default the kind that there is without a configuration
   */
  kind?: Kind
}

/**
 * The Postgres port over any way to call a function: both drivers are this, with their own `rpc`.
 * @example
 * const postgres = postgresPort(async (name, args) => callFunction(`public.${name}`, args))
 */
export function postgresPort(rpc: Rpc, { kind = DEFAULT_KIND }: PostgresPortOptions = {}): PostgresPort {
  const prefix = functionPrefix(kind)
  // Where actors are UUIDs, one that is none stands for no actor in the tables.
  const isUuid = kind.rows.actorType === 'uuid'
  const toSession = (id: string): string => (isUuid && id === NIL_UUID ? '' : id)
  const fromSession = (id: string): string => (isUuid && id === '' ? NIL_UUID : id)
  const toPairOp = ([postId, sessionId, op]: Triple): PairOp => ({
    postId,
    sessionId: toSession(sessionId),
    op,
  })

  async function call<T>(name: string, args: RpcArgs): Promise<T> {
    try {
      return (await rpc(`${prefix}${name}`, args)) as T
    } catch (error) {
      throw failureOf(error)
    }
  }

  return {
    kind,

    async sync({ partition, partitions, parent, nonce, entries, limit, owner = null }) {
      const reply = await call<DrainReply>('drain', {
        p_partition: partition,
        p_parent: parent,
        p_nonce: nonce,
        ...columns('p_', entries),
        p_revs: entries.map(entry => String(entry.rev)),
        p_limit: limit,
        p_owner: owner,
        p_partitions: partitions ?? null,
      })
      if (reply.status === 'refused') throw new StoreRefused(reply.sqlstate, reply.message)
      if (reply.status !== 'applied') return reply
      return {
        ...reply,
        rows: reply.rows.map(toPairOp),
        posts: reply.posts.map(toRanked),
        refused: reply.refused.map(row => ({ ...toRefused(row), known: row[5] })),
      }
    },

    async write(writes, now, { ahead } = {}) {
      const args = {
        p_posts: writes.map(write => write.postId),
        p_sessions: writes.map(write => write.sessionId),
        p_ops: writes.map(opOrParity),
        p_now: String(now),
        p_ahead: ahead === undefined ? null : String(ahead),
      }
      const replies = await againAfterConflict(() => call<WriteReply[] | EveryRefused>('press', args))
      if (!Array.isArray(replies)) throw new StoreRefused(replies.sqlstate, replies.message)
      return replies.map(toResult)
    },

    async peek(postIds, sessionId) {
      return (await call<StateReply[]>('peek', { p_posts: postIds, p_session: sessionId })).map(toState)
    },

    async snapshot({ partition, postIds, sessionId, pairs, most }) {
      const { receipt, posts, session } = await call<HydrateReply>('hydrate', {
        p_partition: partition,
        p_posts: postIds,
        p_session: sessionId,
        p_pairs: pairs,
        p_most: most,
      })
      return {
        receipt,
        posts: posts.map(toNumbers),
        session: session && { ...session, ops: session.ops.map(toOp) },
      }
    },

    async snapshots({ partition, postIds, sessions, most }) {
      const pairs = sessions.flatMap(({ sessionId, pairs }) =>
        pairs.map(postId => [sessionId, postId] as const),
      )
      const reply = await call<HydrateManyReply>('hydrate_many', {
        p_partition: partition,
        p_posts: postIds,
        p_sessions: sessions.map(({ sessionId }) => sessionId),
        p_pair_sessions: pairs.map(([sessionId]) => sessionId),
        p_pairs: pairs.map(([, postId]) => postId),
        p_most: most,
      })
      return {
        receipt: reply.receipt,
        posts: reply.posts.map(toNumbers),
        sessions: reply.sessions.map(([sessionId, extent, ops]) => ({
          sessionId,
          extent,
          ops: ops.map(toOp),
        })),
      }
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

    async ratings(after, limit) {
      const page = await call<Triple[]>('ratings', {
        p_after_post: after?.postId ?? null,
        p_after_session: after ? fromSession(after.sessionId) : null,
        p_limit: limit,
      })
      return page.map(toPairOp)
    },

    removePost: postId => call('remove_post', { p_post: postId }),

    async likes(after, limit) {
      return (await call<[string, number][]>('likes', { p_after: after, p_limit: limit })).map(toRanked)
    },

    async ranking(limit) {
      return (await call<[string, number][]>('ranking', { p_limit: limit })).map(toRanked)
    },

    status: partition => call<PostgresStatus>('cut_status', { p_partition: partition }),

    takeOver: (partition, owner, from) =>
      call('take_over', { p_partition: partition, p_owner: owner, p_from: from }),

    async setPartitions(partitions) {
      await call('set_partitions', { p_partitions: partitions })
    },

    prune: days => call('prune', { p_days: days }),

    async refused({ postId = null, sessionId = null }, after, limit) {
      const page = await call<SetAside[]>('refused', {
        p_post: postId,
        p_session: sessionId,
        p_after_post: after?.postId ?? null,
        p_after_session: after ? fromSession(after.sessionId) : null,
        p_limit: limit,
      })
      return page.map(row => ({ ...toRefused(row), refusedAt: row[5] }))
    },

    retryRefused: ops => call('retry_refused', columns('p_', ops)),

    async dropRefused(ops) {
      await call('resolve_refused', { ...columns('p_', ops), p_drop: true })
    },
  }
}

async function againAfterConflict<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (attempt === ATTEMPTS || !isConflict(error)) throw error
      await new Promise(resolve => setTimeout(resolve, STAND_BACK_MS * attempt))
    }
  }
}

type DrainReply =
  | {
      status: 'applied'
      receipt: string
      rows: Triple[]
      posts: [postId: string, likes: number][]
      refused: [...Refused, known: number][]
    }
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

type NumbersReply = [postId: string, likes: number, rev: number]
type OpReply = [postId: string, op: number]

interface HydrateReply {
  receipt: string
  posts: NumbersReply[]
  session: { extent: 'all' | 'some'; ops: OpReply[] } | null
}

interface HydrateManyReply {
  receipt: string
  posts: NumbersReply[]
  sessions: [sessionId: string, extent: 'all' | 'some', ops: OpReply[]][]
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

const toNumbers = ([postId, likes, rev]: NumbersReply) => ({ postId, likes, rev })
const toOp = ([postId, op]: OpReply) => ({ postId, op })
const toRanked = ([postId, likes]: [string, number]): RankedPost => ({ postId, likes })
const toRefused = ([postId, sessionId, op, sqlstate, message]:
  | Refused
  | [...Refused, unknown]): RefusedOp => ({
  postId,
  sessionId,
  op,
  sqlstate,
  message,
})

const toState = ({ post, ...rest }: StateReply): PostgresState => ({ postId: post, ...rest })
