import type { Redis } from 'ioredis'
import type { Reply } from '../src/core/ports'
import type { LuaScripts } from './keyspace'
import type { Call } from './network'
import type { World } from './world'

/** Redis as a world sees it. */
export interface WorldRedis {
  run(script: string, keys: string[], args: (string | number)[]): Promise<Reply>
  /** The op of every pair that is pending or recent: what Redis can still give to Postgres, and will if it `isKept`. */
  ops(isKept?: (pair: string, op: number) => boolean): Promise<Map<string, number>>
  /** Deletes keys, as an eviction or an operator does. */
  lose(...keys: string[]): Promise<void>
  flush(): Promise<void>
  backup(): Promise<unknown>
  restore(backup: unknown): Promise<void>
  /** Keys of what has to be drained. */
  queues: string[]
  /** The key with the numbers of a post. */
  numbersOf(post: string): string
  /** Keys that may be lost without the queue. */
  losable(post: string, session: string): string[]
}

/** What watches the calls that the stores do. */
export interface WorldMonitor {
  /** A store has lost something: it may do again what it has done before. */
  reset(): void
  /** What is wrong with a call that a store has done; null: nothing. */
  watch(call: Call, answer: unknown): string | null
}

/** How what a store answers tells what it has done. */
export interface Settled {
  /** The latest of the clocks that are known, milliseconds. */
  latestMs: number
  /** `post|session|op` of what Postgres has taken. */
  drained: string[]
}

export interface Shown {
  post: string
  rev: number
  count: number
}

/** What the simulation has to know of the design that it runs. */
export interface Kit {
  createRedis(options: {
    client: Redis
    scripts: LuaScripts
    prefix: string
    clock: () => number
    skewMs: number
  }): WorldRedis
  createMonitor(): WorldMonitor
  /** Beside what every world sets. */
  settings(world: World): Record<string, number>
  /** Of a call of `settle` that has settled. */
  settled(args: string[]): Settled
  /** What a call of `read` has shown. */
  shown(call: Call, answer: unknown): Shown[]
  /** Looks at both stores after a call; tells the world what is wrong. */
  look(world: World, call: Call, answer: unknown): Promise<void>
  checkAtRest(world: World): Promise<void>
  /** Postgres may refuse a whole batch, and may have taken it all the same. */
  readonly refusesBatches?: boolean
}
