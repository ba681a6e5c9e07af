import type { Keys } from './keys'
import type { Limiter } from './limiter'
import type { Ownership } from './ownership'
import type { Pause } from './pause'
import type { Logger, PostgresPort, RedisPort } from './ports'

/** What every procedure of the core works with. */
export interface Context {
  /** `null` when Redis is not configured: Postgres serves alone. */
  redis: RedisPort | null
  postgres: PostgresPort
  keys: Keys
  partition: number
  /** Microseconds, of this application: a promoted replica's clock must not move a revision back. */
  now(): number
  /** Milliseconds since some moment, by a clock that nobody sets: for how long something takes. */
  elapsed(): number
  /** A random id for nonces, epochs and tokens. */
  newId(): string
  /** Whether Postgres belongs to this Redis. */
  ownership: Ownership
  /** What became of the last attempt to drain. */
  pause: Pause
  log: Logger
  settings: Settings
  /** Of snapshots on their way into Redis, by ratings. */
  installs: Limiter
}

export interface Settings {
  /** Ops in a batch of the drain. */
  batchSize: number
  /** How long a drained op stays comparable in Redis, milliseconds (R of the design). */
  recentMs: number
  /** How long one may take to hydrate a post, milliseconds. */
  hydrateMs: number
  /** Ratings that one script call installs; larger sets are staged in chunks of this size. */
  chunkSize: number
  /**
   * Ratings on their way into Redis at once, of one process: a like waits behind them for a few milliseconds, however
   * many cold posts a page has.
   */
  installRatings: number
  /** Posts that one call brings into the ranking: it takes Redis a few milliseconds. */
  rankingPage: number
  /** Failures of Redis in a row after which it is left alone for a while. */
  breakerFailures: number
  /** For how long, milliseconds. */
  breakerMs: number
  /** After this long a like or a read is answered, whatever the stores do; milliseconds. */
  deadlineMs: number
}

export const DEFAULT_SETTINGS: Settings = {
  batchSize: 1000,
  recentMs: 15 * 60_000,
  hydrateMs: 10_000,
  chunkSize: 2000,
  installRatings: 4000,
  rankingPage: 500,
  breakerFailures: 5,
  breakerMs: 500,
  deadlineMs: 6000,
}
