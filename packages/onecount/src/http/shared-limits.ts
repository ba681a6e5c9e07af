import { createKeys, type Keys } from '../core/keys'
import type { RedisPort } from '../core/ports'
import { createScripts } from '../core/scripts'
import type { LimitKind, Rate } from './limits'

/** One bucket. */
export interface SharedBucket {
  /** The limit. */
  kind: LimitKind
  /** For whom or what it counts. */
  key: string
  /** How it is refilled. */
  rate: Rate
}

/** Token buckets that all processes share. */
export interface SharedLimits {
  /**
   * Takes one token from every bucket, or from none when one is empty. `tokens`: what each holds afterwards. One round
   * trip.
   * @throws when the store does not answer
   * @example
   * const { isTaken } = await shared.take([{ kind: 'ip', key: ip, rate: { tokens: 300, windowMs: 10_000 } }])
   */
  take(buckets: readonly SharedBucket[]): Promise<{ isTaken: boolean; tokens: number[] }>
}

/**
 * The buckets in Redis, refilled by Redis' own clock. A bucket is a key that expires when it is full again: an address
 * that made one session is forgotten within seconds. On a Redis Cluster `keys` have a tag, as all buckets of a call have
 * to lie in one slot.
 * @example
 * const limiter = createLimiter(parseLimits(process.env.ONECOUNT_LIMITS), { shared: redisLimits(redis) })
 */
export function redisLimits(redis: RedisPort, keys: Keys = createKeys()): SharedLimits {
  const { limit } = createScripts(redis, keys)
  return {
    take(buckets) {
      return limit(
        buckets.map(({ kind, key, rate: { tokens, windowMs } }) => ({ kind, key, tokens, windowMs })),
      )
    },
  }
}
