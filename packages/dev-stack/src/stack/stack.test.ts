import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Stack, startStack } from './stack'

const KEYS = { SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x', SUPABASE_SECRET_KEY: 'sb_secret_x' }
let dataDir: string
let stack: Stack | undefined
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'onecount-stack-test-'))
})
afterEach(async () => {
  for (const part of stack?.parts ?? []) await part.stop()
  stack = undefined
  await rm(dataDir, { recursive: true, force: true })
})

const start = async (env: Record<string, string>, withRedis = true) => {
  stack = await startStack({ env: env as unknown as NodeJS.ProcessEnv, dataDir, withRedis, say() {} })
  return stack
}

describe('a Supabase on another machine', () => {
  it.each([
    'https://project.supabase.co',
    'http://192.0.2.7:54321',
    'http://[2001:db8::1]:54321',
    'http://host.docker.internal:54321',
    'http://localhost.example:54321',
    'http://127.0.0.1.example',
  ])('gets no Redis started here beside it: %s', async url => {
    for (const name of ['SUPABASE_URL', 'NEXT_PUBLIC_SUPABASE_URL']) {
      const refused = start({ ...KEYS, [name]: url })
      await expect(refused).rejects.toThrow(/^REDIS_URL is not set, .* Set REDIS_URL .* --no-redis/)
      await expect(refused).rejects.toThrow(name)
    }
    expect(await readdir(dataDir)).toEqual([])
  })

  it('is served by the Redis that REDIS_URL names, or by Postgres alone where a person says so', async () => {
    const env = { ...KEYS, SUPABASE_URL: 'https://project.supabase.co' }
    const named = await start({ ...env, REDIS_URL: 'redis://me:word@redis.example:6379' })
    expect(named.parts).toEqual([])
    expect(named.env.REDIS_URL).toBe('redis://me:word@redis.example:6379')
    expect(named.summary.join()).not.toContain('word')
    // Whether people sign in there is its owner's to say.
    expect(named.env.SUPABASE_AUTH).toBe('')
    const alone = await start(env, false)
    expect(alone.parts).toEqual([])
    expect([alone.redisUrl, alone.env.REDIS_URL]).toEqual([null, ''])
  })
})

it.each(['http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1'])(
  'a Supabase of this machine gets a Redis, with a password of its own: %s',
  async url => {
    const { parts, redisUrl } = await start({ ...KEYS, SUPABASE_URL: url })
    expect(parts.map(({ id }) => id)).toEqual(['redis'])
    const { port, password } = new URL(redisUrl!)
    expect(password).not.toBe('')
    const stranger = new Redis(Number(port), '127.0.0.1').on('error', () => {})
    await expect(stranger.set('post:likes:1', '1')).rejects.toThrow('NOAUTH')
    stranger.disconnect()
  },
)

it('an address that cannot be read, and keys that are missing, are named', async () => {
  await expect(start({ ...KEYS, SUPABASE_URL: 'project' })).rejects.toThrow(
    'SUPABASE_URL project is no address',
  )
  await expect(start({ SUPABASE_URL: 'http://127.0.0.1:1' })).rejects.toThrow('SUPABASE_PUBLISHABLE_KEY')
  const env = { ...KEYS, SUPABASE_URL: 'http://127.0.0.1:1' }
  for (const url of ['localhost:6379', '6379', 'http://:hidden@127.0.0.1:6379', 'redis://me:hidden@:x']) {
    await expect(start({ ...env, REDIS_URL: url })).rejects.toThrow('REDIS_URL is no address')
    await expect(start({ ...env, REDIS_URL: url })).rejects.toThrow(/^((?!hidden).)*$/)
  }
  const mixed = 'redis://:hidden@a:1,rediss://b:2'
  await expect(start({ ...env, REDIS_URL: mixed })).rejects.toThrow(/^((?!hidden).)*REDIS_URL mixes/)
})

it('Ctrl-C in the terminal does not reach Redis, which ends after the pending ops were drained', async () => {
  const { redisUrl } = await start({ ...KEYS, SUPABASE_URL: 'http://127.0.0.1:1' })
  const client = new Redis(redisUrl!)
  const pid = /process_id:(\d+)/.exec(await client.info('server'))![1]!
  client.disconnect()
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pgid=', '-p', pid])
  expect(stdout.trim()).toBe(pid)
})
