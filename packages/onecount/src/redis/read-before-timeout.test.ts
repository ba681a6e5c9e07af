import { execFileSync } from 'node:child_process'
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

/** Ends when the Redis of this port has answered a GET. */
const UNTIL_ANSWERED = `
  const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1')
  let said = ''
  socket.on('data', data => {
    said += data
    if (/cmdstat_get:calls=1/.test(said)) process.exit(0)
  })
  setInterval(() => socket.write('INFO commandstats\\r\\n'), 10)`

const ready = (client: Redis) => new Promise(resolve => client.once('ready', resolve))

it('an answer that arrives while the process is busy counts, however late it is read', async () => {
  const patient = createRedisClient(server.url, { commandTimeout: 20_000 })
  await ready(patient)
  await patient.set('post:likes:1', '447')
  patient.disconnect()
  const client = createRedisClient(server.url, { commandTimeout: 50 })
  await ready(client)
  const answer = client.get('post:likes:1')
  // Until the command has left, then until Redis has answered it and past its deadline, without a turn of the loop.
  await new Promise(resolve => setImmediate(resolve))
  const end = Date.now() + 100
  execFileSync(process.execPath, ['-e', UNTIL_ANSWERED, String(server.port)])
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
