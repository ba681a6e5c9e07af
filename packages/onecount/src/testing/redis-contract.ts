import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { coldness } from './redis/coldness'
import { drain } from './redis/drain'
import { driver } from './redis/driver'
import { type RedisCapabilities, type RedisUnderTest, type Scripts, scriptsOf } from './redis/harness'
import { hydration } from './redis/hydration'
import { judgement } from './redis/judgement'
import { limits } from './redis/limits'
import { memory } from './redis/memory'
import { presses } from './redis/presses'
import { ranking } from './redis/ranking'
import { reads } from './redis/reads'
import { resolving } from './redis/resolving'
import { writes } from './redis/writes'

/**
 * What every driver of Redis must do, as a vitest suite: all scripts, run through the port on a server of its own.
 * `makePort` is called once; the suite empties the database before each test.
 */
export function redisContract(
  name: string,
  makePort: () => Promise<RedisUnderTest>,
  capabilities: RedisCapabilities,
): void {
  describe(`Redis contract: ${name}`, () => {
    let redis: RedisUnderTest
    let scripts: Scripts
    beforeAll(async () => {
      redis = await makePort()
      scripts = scriptsOf(redis)
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
      coldness,
      hydration,
      drain,
      resolving,
      ranking,
      limits,
      ...(capabilities.maxmemory ? [memory] : []),
    ]) {
      suite(
        () => redis,
        () => scripts,
      )
    }
  })
}
