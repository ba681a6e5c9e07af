import type { Keys } from './keys'
import type { Logger, PostgresPort, RedisPort } from './ports'

/** What every procedure works with, in one partition. */
export interface Context {
  /** `null` when Redis is not configured: Postgres serves alone. */
  redis: RedisPort | null
  postgres: PostgresPort
  keys: Keys
  partition: number
  /** Microseconds, of this application. */
  now(): number
  newId(): string
  /** Drains one batch, which a new Redis needs before anything can be hydrated. */
  drainOnce(): Promise<unknown>
  log: Logger
  settings: Settings
}

export interface Settings {
  /** Ops in a batch of the drain. */
  batchSize: number
  /** Ops that one call settles: it takes Redis a few milliseconds. */
  settleSize: number
  /** How long a drained op stays comparable in Redis, milliseconds. */
  recentMs: number
  /** Ops of a session that are all brought into Redis; of one with more, those that are asked for. */
  sessionOps: number
  /** How long a session stays in Redis when nobody touches it, milliseconds. */
  sessionMs: number
  /** Pending ops of a cold post that are added up in one call; one with more is answered by Postgres until they are drained. */
  pendingMost: number
}

export const DEFAULT_SETTINGS: Settings = {
  batchSize: 1000,
  settleSize: 100,
  recentMs: 15 * 60_000,
  sessionOps: 500,
  sessionMs: 24 * 3_600_000,
  pendingMost: 1000,
}
