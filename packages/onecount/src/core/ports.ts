import type { Kind } from './kind'
import type { ToldLikes } from './topics'

export type { RedisPort, Reply, ScriptName } from './redis-port'

/** An op of a pair. */
export interface PairOp {
  /** What is pressed. */
  postId: string
  /** Who presses. */
  sessionId: string
  /** `2·t + liked`. */
  op: number
}

/** A pending op on its way to Postgres; `rev` is what its post had when Redis accepted it, 0 if that is unknown. */
export interface Entry extends PairOp {
  /** Microseconds. */
  rev: number
}

/** A batch on its way to Postgres. */
export interface SyncBatch {
  /** Whose posts these are. */
  partition: number
  /** How many the caller believes that there are; left out: that is not compared. */
  partitions?: number
  /** The receipt that Redis has as its cut; the batch is applied only if Postgres holds the same. */
  parent: string
  /** The name of the batch. */
  nonce: string
  /** One a pair. */
  entries: Entry[]
  /** Ops that Redis has not seen, beside those of the entries' pairs, to hand back at most. */
  limit: number
  /** Id of the Redis that the batch is of; `null`: whose Postgres is is not compared. */
  owner?: string | null
}

/** An op that Postgres does not take, while it takes others: a constraint, a trigger or a policy forbids it. */
export interface RefusedOp extends PairOp {
  /** Five characters. */
  sqlstate: string
  /** Of Postgres or of the application's trigger; up to 500 characters. */
  message: string
}

/** An op that is set aside, since when (ISO 8601). */
export interface SetAsideOp extends RefusedOp {
  /** ISO 8601. */
  refusedAt: string
}

/** An op that was set aside, and the one that Postgres holds of its pair, 0 for none. */
export interface RefusedEntry extends RefusedOp {
  /** Of the pair. */
  known: number
}

/** What became of a batch. */
export type SyncResult =
  | {
      status: 'applied'
      /** Of this batch: `<nonce>/<random>`. */
      receipt: string
      /**
       * What Redis has to learn: ops that it has not seen, and of refused entries the op that beat them. One without a
       * session says: forget the post. Its op is 1 where it was removed, also if it is there again, and 0 where its likes
       * were set by hand.
       */
      rows: PairOp[]
      /** Likes as of this cut of every post of the entries and rows that is there. */
      posts: { postId: string; likes: number }[]
      /** Set aside. */
      refused: RefusedEntry[]
    }
  | { status: 'rejected'; receipt: string }
  /** Postgres belongs to another Redis. */
  | { status: 'foreign'; owner: string }
  /** There is another number of partitions. */
  | { status: 'repartitioned'; partitions: number }

/** A post as Postgres knows it, for one session. `op` is the session's newest one, 0 for none. */
export interface PostgresState {
  /** As it was asked for. */
  postId: string
  /** Its likes. */
  count: number
  /** Its revision, microseconds. */
  rev: number
  /** Whether the session likes it. */
  liked: boolean
  /** Of the pair. */
  op: number
}

/** A press. */
export interface PairWrite {
  /** What is pressed. */
  postId: string
  /** Who presses. */
  sessionId: string
  /** `null`: assigned by Postgres, later than everything that is known of the pair. */
  op: number | null
  /** Whether it is to be liked. */
  liked: boolean
}

/** How Postgres takes presses. */
export interface PortWriteOptions {
  /**
   * How far an op may lie after the clock of the server, the newest op of its pair and the revision of its post,
   * microseconds.
   * @default however far, for ops that were accepted before
   */
  ahead?: number
}

/** What became of an op that Postgres took without Redis. */
export type WriteResult =
  /** `state.op` is the newest op of the pair; an older one than that has changed nothing. */
  | { status: 'applied'; state: PostgresState }
  /** The op lies too far ahead of every clock that is known; nothing has changed. */
  | { status: 'ahead' }
  | { status: 'gone' }
  /** A constraint, a trigger or a policy forbids it, while others are applied; nothing has changed. */
  | { status: 'refused'; sqlstate: string; message: string }

/** What hydration reads, of one moment. */
export interface Snapshot {
  /** The cut. */
  receipt: string
  /** Those that are there. */
  posts: { postId: string; likes: number; rev: number }[]
  /** What the session has pressed; `null`: none was asked for. */
  session: {
    /** Whether these are all ops of the session in the partition; otherwise those on the posts that were asked for. */
    extent: 'all' | 'some'
    ops: { postId: string; op: number }[]
  } | null
}

/** What hydration asks for. */
export interface SnapshotQuery {
  /** Whose cut it is. */
  partition: number
  /** Posts whose likes are asked for. */
  postIds: string[]
  /** Whose ops are asked for; `null`: of no session. */
  sessionId: string | null
  /** Posts of which the session's ops are needed. */
  pairs: string[]
  /** A session with more ops than this is told for `pairs` alone. */
  most: number
}

/** What many sessions are asked for together. */
export interface SnapshotsQuery {
  /** Whose cut it is. */
  partition: number
  /** Posts whose likes are asked for. */
  postIds: string[]
  /** Each once; `pairs`: posts of which its ops are needed. */
  sessions: { sessionId: string; pairs: string[] }[]
  /** As `SnapshotQuery`. */
  most: number
}

/** As `Snapshot`, of the same moment for all; every session that was asked for is told. */
export interface Snapshots {
  /** The cut. */
  receipt: string
  /** Those that are there. */
  posts: Snapshot['posts']
  /** In any order. */
  sessions: ({ sessionId: string } & NonNullable<Snapshot['session']>)[]
}

/** A post with its numbers. */
export interface PostSummary {
  /** Of the post. */
  postId: string
  /** As Postgres shows them. */
  likes: number
  /** Microseconds. */
  rev: number
  /** Rows in post_ratings. */
  ratings: number
}

/** A post with its likes. */
export interface RankedPost {
  /** Of the post. */
  postId: string
  /** As Postgres shows them. */
  likes: number
}

/**
 * What the engine needs of Postgres; each method is one call of an SQL function.
 * Every method throws StoreUnavailable after the driver's deadline or when Postgres cannot serve: the outcome is
 * unknown; and StoreRefused, which is one too, on an SQL error about the call itself: nothing was changed.
 */
export interface PostgresPort {
  /** Whose functions it calls; left out: those of the kind that there is without a configuration. */
  readonly kind?: Kind
  /** Applies a batch as a whole, or says why not; the same answer whenever it is asked for the same batch. */
  sync(batch: SyncBatch): Promise<SyncResult>
  /**
   * Presses, each durable when this resolves: one call for all, results in the order of the writes. A pair occurs at
   * most once in a call. `now`: this server's clock, microseconds.
   */
  write(writes: PairWrite[], now: number, options?: PortWriteOptions): Promise<WriteResult[]>
  /** Posts that do not exist are left out. */
  peek(postIds: string[], sessionId: string | null): Promise<PostgresState[]>
  /** What is cold, and the cut that it is of. */
  snapshot(query: SnapshotQuery): Promise<Snapshot>
  /** The same for many sessions, each found by index like one alone. */
  snapshots(query: SnapshotsQuery): Promise<Snapshots>
  /** Posts by id, after the one given; an empty page is the end. */
  posts(after: string | null, limit: number): Promise<PostSummary[]>
  /** What a session likes, by post, after the one given; an empty page is the end. */
  session(sessionId: string, after: string | null, limit: number): Promise<{ postId: string; op: number }[]>
  /** Who likes what, by post and session, after the pair given; an empty page is the end. */
  ratings(after: Pick<PairOp, 'postId' | 'sessionId'> | null, limit: number): Promise<PairOp[]>
  /** False: there was no such post. */
  removePost(postId: string): Promise<boolean>
  /** Posts with their likes alone, by id, after the one given; an empty page is the end. */
  likes(after: string | null, limit: number): Promise<RankedPost[]>
  /** The most liked posts; of equal ones the greater id first. Reads every post. */
  ranking(limit: number): Promise<RankedPost[]>
  /** `unseen` is counted up to 10,000, `refused` up to 1,000. */
  status(partition: number): Promise<PostgresStatus>
  /** Gives the receipt to another Redis if it is `from`'s now; answers whose it is afterwards. */
  takeOver(partition: number, owner: string, from: string | null): Promise<string | null>
  /** Changes how many partitions there are: every Redis begins anew, and a process with another number is refused. */
  setPartitions(partitions: number): Promise<void>
  /**
   * Forgets, once an hour at most, unlikes from more than so many days ago, and what is logged for a Redis that is
   * gone; whether there is more to do at once.
   */
  prune(days: number): Promise<boolean>
  /** Ops that are set aside, by pair, after the one given; an empty page is the end. Superseded ones are left out. */
  refused(filter: RefusedFilter, after: PairOp | null, limit: number): Promise<SetAsideOp[]>
  /** Tries exactly these ops again, each as itself; those that are refused again stay set aside. */
  retryRefused(ops: PairOp[]): Promise<{ landed: number; refused: number }>
  /** Forgets exactly these ops. */
  dropRefused(ops: PairOp[]): Promise<void>
}

/** What Postgres knows of a partition. */
export interface PostgresStatus {
  /** Of the batch that it took last; `null`: it took none. */
  receipt: string | null
  /** Id of the Redis that the receipt belongs to; null: of none yet. */
  owner: string | null
  /** How many the posts are in. */
  partitions: number
  /** Ops that Redis has not been told of. */
  unseen: number
  /** Ops that are set aside. */
  refused: number
}

/** Which refused ops are meant; left out: all. */
export interface RefusedFilter {
  /** Those on one post. */
  postId?: string
  /** Those of one session. */
  sessionId?: string
}

/** Where the engine writes what an operator should know; `console` is one. */
export interface Logger {
  /** Writes one line. */
  warn(message: string): void
}

/** What the engine needs to tell pages that likes have changed. */
export interface BroadcastPort {
  /**
   * Sends one message, `{ likes }`, as the event `likes` of a private channel that browsers can hear and cannot send on.
   * One call a topic at once; one that has not ended after 5 seconds is given up. @throws when it was not accepted
   */
  send(topic: string, likes: ToldLikes[]): Promise<unknown>
}
