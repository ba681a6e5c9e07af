import type {
  Logger,
  PairOp,
  PairWrite,
  PostgresState,
  PostgresPort as Present,
  RefusedOp,
  Reply,
  WriteResult,
} from '../../src/core/ports'

export type { Logger, PairOp, PairWrite, PostgresState, RefusedOp, Reply, WriteResult }

/** The scripts in `lua/`, by file name. */
export type ScriptName =
  | 'abandon'
  | 'collect'
  | 'cool'
  | 'feed'
  | 'forget'
  | 'install-posts'
  | 'install-session'
  | 'press'
  | 'read'
  | 'resolve'
  | 'settle'
  | 'status'
  | 'write'

/** What the engine needs of Redis: to run one of its scripts atomically. */
export interface RedisPort {
  readonly id?: string
  /** @throws StoreUnavailable after the driver's deadline or on any error: the outcome is unknown */
  run(script: ScriptName, keys: string[], args: (string | number)[]): Promise<Reply>
}

/** A pending op on its way to Postgres; `rev` is what its post had when Redis accepted it, 0 if that is unknown. */
export interface Entry extends PairOp {
  rev: number
}

export interface SyncBatch {
  partition: number
  /** The receipt that Redis has as its cut; the batch is applied only if Postgres holds the same. */
  parent: string
  nonce: string
  entries: Entry[]
  /** Ops that Redis has not seen, beside those of the entries' pairs, to hand back at most. */
  limit: number
}

/** An op that was set aside, and the one that Postgres holds of its pair, 0 for none. */
export interface RefusedEntry extends RefusedOp {
  known: number
}

export type SyncResult =
  | {
      status: 'applied'
      /** Of this batch: `<nonce>/<random>`. */
      receipt: string
      /**
       * What Redis has to learn: ops that it has not seen, and of refused entries the op that beat them. One without a
       * session says: forget the post, it was removed or its likes were set by hand.
       */
      rows: PairOp[]
      /** Likes as of this cut of every post of the entries and rows that is there. */
      posts: { postId: string; likes: number }[]
      refused: RefusedEntry[]
    }
  | { status: 'rejected'; receipt: string }

/** What hydration reads, of one moment. */
export interface Snapshot {
  receipt: string
  /** Those that are there. */
  posts: { postId: string; likes: number; rev: number }[]
  session: {
    /** Whether these are all ops of the session in the partition; otherwise those on the posts that were asked for. */
    extent: 'all' | 'some'
    ops: { postId: string; op: number }[]
  } | null
}

export interface SnapshotQuery {
  partition: number
  /** Posts whose likes are asked for. */
  postIds: string[]
  /** Whose ops are asked for; `null`: nobody's. */
  sessionId: string | null
  /** Posts of which the session's ops are needed. */
  pairs: string[]
  /** A session with more ops than this is told for `pairs` alone. */
  most: number
}

/** What the engine needs of Postgres; see the present port for what a failure means. */
export interface PostgresPort
  extends Pick<
    Present,
    'write' | 'session' | 'removePost' | 'status' | 'refused' | 'retryRefused' | 'dropRefused'
  > {
  sync(batch: SyncBatch): Promise<SyncResult>
  snapshot(query: SnapshotQuery): Promise<Snapshot>
  /** Posts that do not exist are left out. */
  peek(postIds: string[], sessionId: string | null): Promise<PostgresState[]>
}
