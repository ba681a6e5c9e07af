import type { Redis } from 'ioredis'
import { createRedisClient } from 'onecount/redis'

/** Whether there is a Redis at all. Without one every count comes from Postgres. */
export const isRedisConfigured = Boolean(process.env.REDIS_URL)

const SLOT = Symbol.for('onecount.redis')
const slots = globalThis as unknown as Record<symbol, Redis | undefined>

function client(): Redis {
  slots[SLOT] ??= createRedisClient(process.env.REDIS_URL!, { lazyConnect: true })
  return slots[SLOT]
}

/** One connection a process, opened by the first command; `null` when Redis is not configured. */
export const redis: Redis | null = isRedisConfigured ? client() : null
