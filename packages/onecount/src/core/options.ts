import type { Ack } from './ack'
import { CONSOLE } from './console-log'
import { DEFAULT_SETTINGS, type Settings } from './context'
import { OnecountError } from './errors'
import { MOST_PARTITIONS } from './keys'
import type { LoopOptions } from './loop'
import type { BroadcastPort, Logger, PostgresPort, RedisPort } from './ports'

/** Which mirrors of the data are kept for other programs. */
export interface IndexOptions {
  /**
   * `false`: `post:liked:<post>` is not kept.
   * @default true
   */
  likers?: boolean
}

/** What `createOnecount` takes. */
export interface OnecountOptions {
  /** `null`: no Redis; Postgres serves alone. */
  redis: RedisPort | null
  /** Its kind says which ids there are, and what stands before the keys of Redis. */
  postgres: PostgresPort
  /**
   * What a press waits for; each call can say otherwise.
   * @default 'redis'
   */
  ack?: Ack
  /**
   * Id of Redis, the same in every process of the application.
   * @default `redis.id`
   */
  redisId?: string
  /**
   * Gives Postgres to this Redis if it belongs to another one, once. For a move: leave it out afterwards.
   * @default false
   */
  takeOver?: boolean
  /**
   * Into how many parts the keys are split, for a Redis Cluster; the same in every process and in Postgres.
   * @default 1
   */
  partitions?: number
  /**
   * Which mirrors of the data are kept for other programs.
   * @default all of them
   */
  indexes?: IndexOptions
  /**
   * Sizes and times.
   * @default those of {@link DEFAULT_SETTINGS}
   */
  settings?: Partial<Settings>
  /**
   * Tells pages of likes that have changed, as `supabaseBroadcast` of `onecount/supabase` does: after each batch that
   * this engine has drained, and after a press that Postgres alone has accepted. Of a private kind nothing is told.
   * @default none: pages follow the rows of Postgres, or read
   */
  broadcast?: BroadcastPort | null
  /**
   * When `drainer.start()` looks for work.
   * @default those of {@link LoopOptions}
   */
  drain?: LoopOptions
  /**
   * Where it writes what an operator should know.
   * @default `console`, each line with `[onecount]` before it
   */
  log?: Logger
  /**
   * Milliseconds since 1970, in place of all the clocks of the machine.
   * @default those of the machine
   */
  clock?: () => number
  /**
   * Waits so many milliseconds, in place of the timers of the machine.
   * @default `setTimeout`
   */
  sleep?: (ms: number) => Promise<unknown>
}

/** The options with every default, and the clocks as the parts of the engine want them. @throws OnecountError `misconfigured` */
export function withDefaults(options: OnecountOptions) {
  const { partitions = 1 } = options
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS)
    throw new OnecountError('misconfigured', {
      field: 'partitions',
      detail: `partitions must be a whole number from 1 to ${MOST_PARTITIONS}, not ${partitions}`,
    })
  return {
    partitions,
    ack: options.ack ?? ('redis' satisfies Ack),
    log: options.log ?? CONSOLE,
    clock: options.clock ?? Date.now,
    elapsed: options.clock ?? (() => performance.now()),
    sleep: options.sleep ?? ((ms: number) => new Promise(resolve => setTimeout(resolve, ms))),
    /** Resolves once the process has read what has arrived: what people ask for in that time shares calls. */
    turn: () => options.sleep?.(0) ?? new Promise(resolve => setImmediate(resolve)),
    settings: { ...DEFAULT_SETTINGS, likers: options.indexes?.likers ?? true, ...options.settings },
  }
}
