import { createKeys, OnecountError } from 'onecount'
import { createLimiter, type Limiter, parseLimits, redisLimits } from 'onecount/http'
import { getOnecount } from './server'

/** One limiter a process: pages and API make sessions, and Next bundles them apart. */
const SLOT = Symbol.for('onecount.limiter')
const slots = globalThis as unknown as Record<symbol, Limiter | undefined>

/**
 * Counts for `ONECOUNT_LIMITS`: in Redis too where there is one, so that the limits hold for all processes, unless
 * `ONECOUNT_LIMITS_STORE` is `memory`. @throws OnecountError `misconfigured`
 */
export function getLimiter(): Limiter {
  slots[SLOT] ??= createLimiter(parseLimits(process.env.ONECOUNT_LIMITS), { shared: sharedLimits() })
  return slots[SLOT]
}

function sharedLimits() {
  const store = process.env.ONECOUNT_LIMITS_STORE || 'redis'
  if (store !== 'redis' && store !== 'memory') {
    throw new OnecountError('misconfigured', {
      field: 'ONECOUNT_LIMITS_STORE',
      detail: `ONECOUNT_LIMITS_STORE: "${store}" is not understood: use redis or memory, or leave it empty`,
    })
  }
  const { redis, partitions } = getOnecount().stores
  // On a cluster one slot has to hold all buckets of a call.
  const keys = createKeys(redis?.isCluster || partitions.length > 1 ? '{limits}' : '')
  return redis && store === 'redis' ? redisLimits(redis, keys) : null
}
