/**
 * The contract suites for authors of drivers, for vitest.
 * @module
 */

export type { PairRow, PostgresCapabilities, PostgresUnderTest } from './postgres/harness'
export { postgresContract } from './postgres-contract'
export type { RedisCapabilities, RedisUnderTest } from './redis/harness'
export { redisContract } from './redis-contract'
