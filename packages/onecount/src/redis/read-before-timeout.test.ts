import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { type RedisServer, startRedisServer } from '@onecount/dev-stack/redis-server'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRedisClient } from './ioredis'

let server: RedisServer
beforeAll(async () => {
  server = killOnExit(await startRedisServer())
})
afterAll(() => server.stop())

const ready = (client: Redis) => new Promise(resolve => client.once('ready', resolve))

it('an answer that arrives while the process is busy counts, however late it is read', async () => {
  const client = createRedisClient(server.url, { commandTimeout: 50 })
  await ready(client)
  await client.set('post:likes:1', '447')
  const answer = client.get('post:likes:1')
  // Until the command has left, and then past its deadline.
  await new Promise(resolve => setImmediate(resolve))
  const end = Date.now() + 300
  while (Date.now() < end);
  expect(await answer).toBe('447')
  client.disconnect()
})

it('an answer that does not come is waited for until the deadline', async () => {
  const client = createRedisClient(server.url, { commandTimeout: 50, socketTimeout: 60_000 })
  await ready(client)
  process.kill(server.pid, 'SIGSTOP')
  try {
    await expect(client.get('post:likes:1')).rejects.toThrow('Command timed out')
  } finally {
    process.kill(server.pid, 'SIGCONT')
  }
  client.disconnect()
})
