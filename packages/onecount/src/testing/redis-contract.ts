import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { adopting } from './redis/adopting'
import { closing } from './redis/closing'
import { collecting } from './redis/collecting'
import { comparing } from './redis/comparing'
import { driver } from './redis/driver'
import {
  endIdsWith,
  type Harness,
  harnessOf,
  type RedisCapabilities,
  type RedisUnderTest,
} from './redis/harness'
import { installing } from './redis/installing'
import { judgement } from './redis/judgement'
import { leases } from './redis/leases'
import { limits } from './redis/limits'
import { memory } from './redis/memory'
import { mirrors } from './redis/mirrors'
import { presses } from './redis/presses'
import { ranking } from './redis/ranking'
import { reads } from './redis/reads'
import { remembering } from './redis/remembering'
import { replica } from './redis/replica'
import { resolving } from './redis/resolving'
import { returning } from './redis/returning'
import { settling } from './redis/settling'
import { slices } from './redis/slices'
import { touched } from './redis/touched'
import { writes } from './redis/writes'

/**
 * What every driver of Redis must do, as a vitest suite: all scripts, run through the port on a server of its own.
 * `makePort` is called once; the suite empties the database before each test.
 * @example
 * redisContract('my driver', startMyRedis, { maxmemory: true, replicaof: false, monitor: true })
 */
export function redisContract(
  name: string,
  makePort: () => Promise<RedisUnderTest>,
  capabilities: RedisCapabilities,
): void {
  // Some tests name posts while they are registered.
  endIdsWith(capabilities.idSuffix ?? '')
  describe(`Redis contract: ${name}`, () => {
    let redis: RedisUnderTest
    let harness: Harness
    beforeAll(async () => {
      redis = await makePort()
      harness = harnessOf(redis)
    })
    afterAll(() => redis?.close())
    beforeEach(async () => {
      await redis.command('FLUSHALL')
    })

    for (const suite of [
      driver,
      writes,
      judgement,
      presses,
      reads,
      installing,
      collecting,
      leases,
      closing,
      settling,
      slices,
      remembering,
      resolving,
      returning,
      mirrors,
      comparing,
      adopting,
      ranking,
      limits,
      ...(capabilities.maxmemory ? [memory] : []),
      ...(capabilities.replicaof ? [replica] : []),
      ...(capabilities.monitor ? [touched] : []),
    ]) {
      suite(
        () => redis,
        () => harness,
      )
    }
  })
}
