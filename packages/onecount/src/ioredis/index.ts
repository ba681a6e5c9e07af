export { type RedisAddress, type RedisEnv, readRedisAddress } from '../redis/address'
export { createRedisCluster, ioredisClusterPort } from '../redis/cluster'
export { type RedisConnection, redisFromEnv } from '../redis/connect'
export { createRedisClient, FAIL_FAST, ioredisPort } from '../redis/ioredis'
