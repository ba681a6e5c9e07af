import type { Cluster, Redis } from 'ioredis'
import { OnecountError } from 'onecount'
import { type RedisConnection, redisFromEnv } from 'onecount/redis'

/** Whether there is a Redis at all. Without one every count comes from Postgres. */
export const isRedisConfigured = Boolean(process.env.REDIS_URL)

const SLOT = Symbol.for('onecount.redis')
const slots = globalThis as unknown as Record<symbol, RedisConnection | null | undefined>

/**
 * The Redis of `REDIS_URL` and `REDIS_CLUSTER`: a single one, or a Redis Cluster. One client a process, which connects
 * with the first command; `null` when Redis is not configured.
 * @throws OnecountError `misconfigured`, naming the setting
 */
export function redisConnection(): RedisConnection | null {
  if (slots[SLOT] === undefined) slots[SLOT] = redisFromEnv(process.env, { lazyConnect: true })
  return slots[SLOT]
}

/** Its client; `null` too while a setting is wrong, which the engine refuses to work with. */
export const redis: Redis | Cluster | null = clientOrNull()

function clientOrNull(): Redis | Cluster | null {
  try {
    return redisConnection()?.client ?? null
  } catch (error) {
    if (!(error instanceof OnecountError)) throw error
    return null
  }
}
