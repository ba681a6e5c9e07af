import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { forAllTests } from '../test/support/for-all-tests'
import { ablateRule } from './ablate'
import { RULES } from './rules'

const server = forAllTests(startRedisServer)
let client: Redis
beforeAll(() => (client = new Redis(server.url)))
afterAll(() => client.disconnect())

describe('a rule that is switched off causes a violation within 200 seeds', () => {
  it.each(RULES.map(rule => [rule.name, rule] as const))(
    '%s',
    async (_, rule) => {
      expect((await ablateRule(client, rule, 1, 200)).seed).not.toBeNull()
    },
    240_000,
  )
})
