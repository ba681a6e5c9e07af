import type { Cluster, Redis, RedisOptions } from 'ioredis'
import type { RedisPort } from '../core/ports'
import { type RedisEnv, readRedisAddress } from './address'
import { createRedisCluster, ioredisClusterPort } from './cluster'
import { createRedisClient, ioredisPort } from './ioredis'

/** A client of ioredis with the port over it. Close the client to end it. */
export interface RedisConnection {
  /** Of ioredis. */
  client: Redis | Cluster
  /** For `redis` of the engine. */
  port: RedisPort
}

/** Node's lookup of the slots, milliseconds, also where one call may take longer. */
const SLOTS_TIMEOUT = 5000

/**
 * The Redis that the environment names: a single one, or a Redis Cluster where `REDIS_URL` has several addresses,
 * separated by commas, or `REDIS_CLUSTER` is 1. User, password and TLS of the addresses hold for all nodes.
 *
 * @example
 * const redis = redisFromEnv(process.env)
 * createOnecount({ redis: redis && redis.port, postgres })
 *
 * @param options of ioredis, for each connection
 * @returns null where no Redis is named
 * @throws OnecountError `misconfigured`, which names the setting
 */
export function redisFromEnv(env: RedisEnv, options: RedisOptions = {}): RedisConnection | null {
  const address = readRedisAddress(env)
  if (!address) return null
  if (!address.isCluster) {
    const client = createRedisClient(address.urls[0]!, options)
    return { client, port: ioredisPort(client) }
  }
  const { lazyConnect, ...redisOptions } = options
  const client = createRedisCluster(address.urls, {
    lazyConnect,
    ...(redisOptions.commandTimeout && {
      slotsRefreshTimeout: Math.min(SLOTS_TIMEOUT, 2 * redisOptions.commandTimeout),
    }),
    redisOptions,
  })
  return { client, port: ioredisClusterPort(client) }
}
