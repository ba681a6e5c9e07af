export type { RedisCapabilities, RedisUnderTest } from './redis/harness'
export { redisContract } from './redis-contract'
