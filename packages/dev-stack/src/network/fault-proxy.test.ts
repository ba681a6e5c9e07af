import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { awakeNow } from '../awake'
import { type RedisServer, startRedisServer } from '../services/redis-server'
import { FaultProxy } from './fault-proxy'

let server: RedisServer
let link: FaultProxy
let client: Redis
beforeAll(async () => {
  server = await startRedisServer()
})
afterAll(() => server.stop())
beforeEach(async () => {
  link = await FaultProxy.to(server.port, 'resp')
  client = new Redis(link.port, '127.0.0.1', { commandTimeout: 500, maxRetriesPerRequest: 0 })
  client.on('error', () => {})
  await client.set('a', '1')
})
afterEach(() => {
  client.disconnect()
  link.close()
})

it('a slow reply arrives, later', async () => {
  link.replyDelayMs = 120
  const began = awakeNow()
  expect(await client.get('a')).toBe('1')
  expect(awakeNow() - began).toBeGreaterThanOrEqual(115)
})

it('a client that is cut off gets no reply, also on a new connection, until the link is healed', async () => {
  link.cut()
  await expect(client.get('a')).rejects.toThrow('timed out')
  const late = new Redis(link.port, '127.0.0.1', { commandTimeout: 300, enableReadyCheck: false })
  late.on('error', () => {})
  await expect(late.get('a')).rejects.toThrow('timed out')
  expect(link.isCut).toBe(true)
  link.heal()
  for (const one of [client, late]) {
    await expect.poll(() => one.get('a').catch(() => null)).toBe('1')
    one.disconnect()
  }
})

it('a trap lets one request through and strikes in the place of its reply, once', async () => {
  let struck = 0
  const trap = {
    isRequest: (data: Buffer) => data.includes('incr'),
    isDone: (data: Buffer) => data.toString().startsWith(':'),
    strike: () => struck++,
  }
  link.arm(trap)
  expect(await client.get('a')).toBe('1')
  expect(link.isArmed).toBe(true)
  await expect(client.incr('a')).rejects.toThrow('timed out')
  expect([struck, link.isArmed]).toEqual([1, false])
  const direct = new Redis(server.url)
  expect(await direct.get('a')).toBe('2')
  direct.disconnect()
})

it('a reply that says nothing was carried out passes, and a trap that is disarmed does not strike', async () => {
  let struck = 0
  link.arm({
    isRequest: data => data.includes('incr'),
    isDone: data => data.toString().startsWith(':'),
    strike: () => struck++,
  })
  await client.set('text', 'x')
  await expect(client.incr('text')).rejects.toThrow('not an integer')
  expect([struck, link.isArmed]).toEqual([0, true])
  link.disarm()
  expect(await client.incr('a')).toBe(2)
  expect(struck).toBe(0)
})
