import { withBreaker } from './breaker'
import { createCommitter } from './commit'
import type { Context, Settings } from './context'
import { createBatchDrain } from './drain'
import { createHydrations } from './group-hydrations'
import { createKeys, tagOf } from './keys'
import type { Kind } from './kind'
import { createDrainLoop, type LoopOptions } from './loop'
import { Ownership } from './ownership'
import { createPause } from './pause'
import type { Logger, PostgresPort, RedisPort } from './ports'
import type { RefusedPresses } from './refused-presses'
import { createScripts } from './scripts'
import type { Turns } from './turns'

export interface PartitionOptions {
  partition: number
  partitions: number
  kind: Kind
  redis: RedisPort | null
  postgres: PostgresPort
  redisId: string
  takeOver: boolean
  settings: Settings
  drain: LoopOptions | undefined
  /** Of this partition of all kinds; left out: it looks alone. */
  turns: Turns | undefined
  /** As of the context. */
  changed?(postIds: Iterable<string>): void
  /** Of all partitions together. */
  refusedPresses: RefusedPresses
  log: Logger
  now(): number
  elapsed(): number
  sleep(ms: number): Promise<unknown>
  /** Resolves once the process has read what has arrived. */
  turn(): Promise<unknown>
}

/** One partition: its part of Redis, its chain of batches, and a drain of its own. */
export function createPartition(options: PartitionOptions) {
  const { partition, partitions, postgres, settings, log, now, elapsed, sleep } = options
  const ownership = new Ownership(options.redisId, options.takeOver)
  // Each partition has its own: where a node of a cluster is gone, those on the others go on.
  const redis =
    options.redis &&
    withBreaker(options.redis, {
      failures: settings.breakerFailures,
      pauseMs: settings.breakerMs,
      clock: elapsed,
    })
  /** All who find a new Redis at once wait for one drain. */
  let begun: Promise<unknown> | undefined
  /** The first batch makes the cut, the second one tells Redis of the ops that Postgres applied without it. */
  async function begin(): Promise<void> {
    const { outcome } = await first.tick()
    if (outcome === 'diverged') await first.tick()
  }
  const keys = createKeys(tagOf(partition, partitions, options.redis?.isCluster), options.kind.keyPrefix)
  const drained: Context = {
    redis: redis && createScripts(redis, keys),
    postgres,
    keys,
    partition,
    partitions,
    now,
    elapsed,
    sleep,
    newId: () => crypto.randomUUID(),
    drainOnce: () => (begun ??= begin().finally(() => (begun = undefined))),
    beginning: () => begun,
    hydrations: createHydrations(options),
    ownership,
    pause: createPause(elapsed),
    refusedPresses: options.refusedPresses,
    changed: options.changed,
    log,
    settings,
    kind: options.kind,
  }
  const first = createBatchDrain(drained)
  return {
    /** What people read and press goes round a Redis that Postgres does not belong to. */
    ctx: {
      ...drained,
      redis: redis && createScripts(ownership.guard(redis), keys),
      hydrations: createHydrations(options),
    },
    /** The drain goes on looking at it. */
    drained,
    port: redis,
    loop: createDrainLoop(drained, options.drain, options.turns),
    committer: createCommitter({ drainWith: hooks => createBatchDrain(drained, hooks), postgres, now }),
  }
}

export type Partition = ReturnType<typeof createPartition>
