import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisServer, startRedisServer } from '@/dev/services/redis-server'
import { ablateRule } from '../../simulation/ablate'
import { runBatch } from '../../simulation/batch'
import { engineOf, nextWithout } from './engine'
import { RULES } from './rules'

const PACKAGE = join(import.meta.dirname, '../..')

let server: RedisServer
let client: Redis
beforeAll(async () => {
  server = await startRedisServer()
  client = new Redis(server.url)
})
afterAll(async () => {
  client.disconnect()
  await server.kill()
})

describe('counts that stand on a cut, whatever goes wrong, in whatever order', () => {
  it.each([
    [1, 400],
    [4, 200],
  ])(
    'with partitions: %i, %i seeds keep every invariant',
    async (partitions, seeds) => {
      const failed: unknown[] = []
      let acknowledgements = 0
      await runBatch(client, await engineOf(PACKAGE, partitions), {
        from: 1,
        seeds,
        onOutcome({ seed, violations, counts }) {
          acknowledgements += counts.acknowledged ?? 0
          if (violations.length > 0) failed.push({ seed, violations })
          return undefined
        },
      })
      expect(failed).toEqual([])
      expect(acknowledgements).toBeGreaterThan(5 * seeds)
    },
    240_000,
  )
})

describe('a rule of the cut that is switched off is noticed within 200 seeds', () => {
  it.each(RULES.map(rule => [rule.name, rule] as const))(
    '%s',
    async (_, rule) => {
      expect((await ablateRule(client, rule, 1, 200, nextWithout)).seed).not.toBeNull()
    },
    240_000,
  )
})
