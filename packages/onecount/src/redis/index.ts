export { createRedisCluster, ioredisClusterPort } from './cluster'
export { createRedisClient, FAIL_FAST, ioredisPort } from './ioredis'
export { SCRIPTS } from './scripts.generated'
