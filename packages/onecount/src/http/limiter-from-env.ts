import { createKeys } from '../core/keys'
import type { Onecount } from '../core/onecount'
import { createLimiter, type Limiter } from './limiter'
import { parseLimits } from './limits'
import { misconfigured } from './misconfigured'
import { redisLimits } from './shared-limits'

/** Variables of the environment. */
type Env = Record<string, string | undefined>

/**
 * Counts for `ONECOUNT_LIMITS`: in Redis too where there is one, so that the limits hold for all processes, unless
 * `ONECOUNT_LIMITS_STORE` is `memory`. @throws OnecountError `misconfigured`
 */
export function limiterFromEnv(env: Env, engine: () => Onecount): Limiter {
  return createLimiter(parseLimits(env.ONECOUNT_LIMITS), { shared: sharedLimits(env, engine) })
}

function sharedLimits(env: Env, engine: () => Onecount) {
  const store = env.ONECOUNT_LIMITS_STORE || 'redis'
  if (store !== 'redis' && store !== 'memory')
    throw misconfigured(
      'ONECOUNT_LIMITS_STORE',
      `ONECOUNT_LIMITS_STORE: "${store}" is not understood: use redis or memory, or leave it empty`,
    )
  const { kind, stores } = engine()
  const { redis, partitions } = stores
  // On a cluster one slot has to hold all buckets of a call.
  const keys = createKeys(redis?.isCluster || partitions.length > 1 ? '{limits}' : '', kind.keyPrefix)
  return redis && store === 'redis' ? redisLimits(redis, keys) : null
}
