import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Redis } from 'ioredis'
import { createRedisClient } from 'onecount/redis'
import { expect, it } from 'vitest'

const require = createRequire(import.meta.url)

it('these tests run with ioredis 5, which has what the drivers set', () => {
  const { version } = require(join(dirname(require.resolve('ioredis')), '../package.json'))
  expect(version).toMatch(/^5\./)
  expect(Redis).toBe(require('ioredis').Redis)
  const client = createRedisClient('redis://127.0.0.1:1', { lazyConnect: true })
  expect(client).toBeInstanceOf(Redis)
})
