import type { createHydrations } from './group-hydrations'
import type { Keys } from './keys'
import type { Kind } from './kind'
import type { Ownership } from './ownership'
import type { Pause } from './pause'
import type { Logger, PostgresPort } from './ports'
import type { RefusedPresses } from './refused-presses'
import type { Scripts } from './scripts'

/** What every procedure of the core works with, in one partition. */
export interface Context {
  /** `null` when Redis is not configured: Postgres serves alone. */
  redis: Scripts | null
  postgres: PostgresPort
  keys: Keys
  partition: number
  partitions: number
  /** Microseconds, of this application: a promoted replica's clock must not move a revision back. */
  now(): number
  /** Milliseconds since some moment, by a clock that is never set: for how long something takes. */
  elapsed(): number
  /** Waits so many milliseconds. */
  sleep(ms: number): Promise<unknown>
  /** A random id for nonces and calls. */
  newId(): string
  /** Drains what a new Redis needs before anything can be hydrated. @throws StoreUnavailable */
  drainOnce(): Promise<unknown>
  /**
   * The drain of a new Redis that is under way: until it ends, Redis has not been told what Postgres took without it.
   */
  beginning(): Promise<unknown> | undefined
  /** Reads and installs what is cold, for all who need it at once. */
  hydrations: ReturnType<typeof createHydrations>
  /** Whether Postgres belongs to this Redis. */
  ownership: Ownership
  /** What became of the last attempt to drain. */
  pause: Pause
  /** What Redis refuses although it answers. */
  refusedPresses: RefusedPresses
  /** Is told of posts whose likes have changed, once Redis has settled it. */
  changed?(postIds: Iterable<string>): void
  log: Logger
  settings: Settings
  /** Of a private one, what is said of a post must not depend on what others press. */
  kind: Kind
}

/** Sizes and times of the engine; `DEFAULT_SETTINGS` has those that are left out. */
export interface Settings {
  /**
   * Ops in a batch of the drain at most; sizes adapt to how long a batch takes.
   * @default 5000
   */
  batchSize: number
  /**
   * Ops that one call settles: it takes Redis a few milliseconds.
   * @default 100
   */
  settleSize: number
  /**
   * How long a drained op stays comparable in Redis, milliseconds (R of the design).
   * @default 900000
   */
  recentMs: number
  /**
   * Ops of a session that are all brought into Redis; of one with more, those that are asked for.
   * @default 500
   */
  sessionOps: number
  /**
   * How long a session stays in Redis after its last press, milliseconds.
   * @default 86400000
   */
  sessionMs: number
  /**
   * How long a post stays warm, milliseconds, give or take a quarter; then its next reader hydrates it.
   * @default 86400000
   */
  postMs: number
  /**
   * Pending ops of a cold post that are added up in one call; one with more is answered by Postgres until they are
   * drained.
   * @default 1000
   */
  pendingMost: number
  /**
   * Whether `post:liked:<post>` is kept.
   * @default true
   */
  likers: boolean
  /**
   * An unlike is remembered for so many days: an op of the pair from before it counts as a new one then.
   * @default 90
   */
  unlikeDays: number
  /**
   * Posts that one call brings into the ranking: it takes Redis a few milliseconds.
   * @default 500
   */
  rankingPage: number
  /**
   * Failures in a row after which Redis, or hydration by Postgres, is left alone for a while.
   * @default 5
   */
  breakerFailures: number
  /**
   * For how long, milliseconds.
   * @default 500
   */
  breakerMs: number
  /**
   * After this long a like or a read is answered, whatever the stores do; milliseconds.
   * @default 6000
   */
  deadlineMs: number
}

/** The settings of an engine whose `settings` leave them out. */
export const DEFAULT_SETTINGS: Settings = {
  batchSize: 5000,
  settleSize: 100,
  recentMs: 15 * 60_000,
  sessionOps: 500,
  sessionMs: 24 * 3_600_000,
  postMs: 24 * 3_600_000,
  pendingMost: 1000,
  likers: true,
  unlikeDays: 90,
  rankingPage: 500,
  breakerFailures: 5,
  breakerMs: 500,
  deadlineMs: 6000,
}

/** All partitions together. */
export interface Site {
  contexts: readonly Context[]
  contextOf(postId: string): Context
}
