/**
 * The driver for Redis and Redis Cluster, under the name of its client: what `onecount/redis` exports.
 * @module
 */

export { type RedisAddress, type RedisEnv, readRedisAddress } from '../redis/address'
export { type ClusterPortOptions, createRedisCluster, ioredisClusterPort } from '../redis/cluster'
export { type RedisConnection, redisFromEnv } from '../redis/connect'
export { createRedisClient, FAIL_FAST, ioredisPort } from '../redis/ioredis'
