import type { Cluster, Redis } from 'ioredis'
import { OnecountError } from 'onecount'
import { onecount } from '@/app/utils/onecount'

/** Whether there is a Redis at all. Without one every count comes from Postgres. */
export const isRedisConfigured = Boolean(
  process.env.REDIS_URL || process.env.UPSTASH_REDIS_REST_URL || process.env.KV_REST_API_URL,
)

/**
 * The client of `REDIS_URL` and `REDIS_CLUSTER`: one a process, which connects with the first command. `null` when Redis
 * is not configured or is reached over REST, and while a setting is wrong, which the engine refuses to work with.
 */
export const redis: Redis | Cluster | null = clientOrNull()

function clientOrNull(): Redis | Cluster | null {
  try {
    return (onecount.redis()?.client as Redis | Cluster | undefined) ?? null
  } catch (error) {
    if (!(error instanceof OnecountError)) throw error
    return null
  }
}
