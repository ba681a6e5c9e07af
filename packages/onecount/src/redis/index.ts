/**
 * The driver for Redis and Redis Cluster, over `ioredis`.
 * @module
 */

export { type RedisAddress, type RedisEnv, readRedisAddress } from './address'
export { type ClusterPortOptions, createRedisCluster, ioredisClusterPort } from './cluster'
export { type RedisConnection, redisFromEnv } from './connect'
export { createRedisClient, FAIL_FAST, ioredisPort } from './ioredis'
export { SCRIPTS, type Script } from './scripts.generated'
