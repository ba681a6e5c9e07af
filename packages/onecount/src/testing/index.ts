export type { PairRow, PostgresUnderTest } from './postgres/harness'
export { postgresContract } from './postgres-contract'
export type { RedisCapabilities, RedisUnderTest } from './redis/harness'
export { redisContract } from './redis-contract'
