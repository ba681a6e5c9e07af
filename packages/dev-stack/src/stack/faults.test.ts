import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { redisFromEnv } from 'onecount/redis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { answerCommand } from './commands'
import { SLOW_MS } from './faults'
import { createKillFault } from './kill-fault'
import { type Stack, startStack } from './stack'

// A Supabase that is named, and not there: none is started for it.
const ENV = {
  SUPABASE_URL: 'http://127.0.0.1:1',
  SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x',
  SUPABASE_SECRET_KEY: 'sb_secret_x',
}
let dataDir: string
let stack: Stack
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'onecount-faults-'))
})
afterEach(async () => {
  for (const part of stack.parts) await part.stop()
  for (const link of Object.values(stack.links)) link?.close()
  await rm(dataDir, { recursive: true, force: true })
})

async function start({ withRedis = true } = {}) {
  const env = ENV as unknown as NodeJS.ProcessEnv
  stack = await startStack({ env, dataDir, withRedis, withLinks: true, say() {} })
}

const command = (text: string) => answerCommand(stack.parts, text.split(' '), stack.faults)

it('a Redis that is lost comes back empty, at the same address and with the same settings', async () => {
  await start()
  const client = new Redis(stack.redisUrl!, { maxRetriesPerRequest: null })
  client.on('error', () => {})
  await client.set('a', '1')
  await command('begin lose-redis')
  expect(await readdir(join(dataDir, 'redis'))).not.toContain('appendonlydir')
  expect(await command('faults')).toContain('stop-redis: off, and cannot begin: Redis is lost already.')
  await expect(command('begin stop-redis')).rejects.toThrow('Redis is lost already.')
  await command('end lose-redis')
  expect(await client.get('a')).toBeNull()
  await client.set('a', '2')

  await command('begin stop-redis')
  expect(await command('faults')).toContain('lose-redis: off, and cannot begin: Redis is stopped already.')
  await command('end stop-redis')
  expect(await client.get('a')).toBe('2')
  client.disconnect()
})

it('the application reaches Redis through a proxy that can be slow and silent; others reach it directly', async () => {
  await start()
  expect(stack.env.REDIS_URL).not.toBe(stack.redisUrl)
  expect(stack.env.SUPABASE_URL).toBe(ENV.SUPABASE_URL)
  await command('begin slow')
  expect(stack.links.redis!.replyDelayMs).toBe(SLOW_MS.redis)
  await command('end slow')
  await command('begin cut')
  const client = new Redis(stack.env.REDIS_URL!, { commandTimeout: 300, enableReadyCheck: false })
  client.on('error', () => {})
  await expect(client.get('a')).rejects.toThrow('timed out')
  const direct = new Redis(stack.redisUrl!)
  expect(await direct.get('a')).toBeNull()
  await command('end cut')
  await expect.poll(() => client.get('a').catch(() => 'nothing')).toBeNull()
  client.disconnect()
  direct.disconnect()
})

it('the stack refuses faults of stores that it has not started, and says why', async () => {
  await start({ withRedis: false })
  const lines = (await command('faults')).split('\n')
  expect(lines).toHaveLength(5)
  for (const line of lines)
    expect(line).toMatch(/^[\w-]+: off, and cannot begin: This stack has (not )?started /)
  await expect(command('begin cut')).rejects.toThrow('has started no store')
  const kill = createKillFault({ link: null, kill: async () => {}, start: async () => {} })
  expect(kill.refusal()).toMatch(/no Redis over TCP/)
})

it('the application is killed when Redis has the press and the answer has not left, and is started again', async () => {
  await start()
  const done: string[] = []
  const direct = new Redis(stack.redisUrl!)
  const kill = createKillFault({
    link: stack.links.redis,
    kill: async () => void done.push(`killed with ${await direct.zcard('likes:pending')} pending`),
    start: async () => void done.push('started'),
  })
  await kill.begin()
  await kill.end()
  expect(kill.isOn()).toBe(false)
  await kill.begin()
  const { client, port } = redisFromEnv({ REDIS_URL: stack.env.REDIS_URL })!
  expect(await port.run('read', ['likes:pending', 'session:ops:s', 'post:meta:p'], ['1'])).toBeDefined()
  expect([kill.isOn(), done]).toEqual([true, []])
  const keys = [
    'likes:pending',
    'post:meta:p',
    'session:ops:s',
    'likes:rank',
    'post:likes:p',
    'session:likes:s',
  ]
  await expect(port.run('write', keys, ['p', 's', '2001', '1000', 'any', ''])).rejects.toThrow(/redis/i)
  await expect.poll(() => kill.isOn()).toBe(false)
  expect(done).toEqual(['killed with 1 pending', 'started'])
  client.disconnect()
  direct.disconnect()
})
