import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { killOnExit } from './kill-on-exit'
import { endLeftOverRedis, startRedisServer, startRedisServerAgain } from './redis-server'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'onecount-redis-test-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function withClient<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url)
  try {
    return await use(client)
  } finally {
    client.disconnect()
  }
}

describe('a Redis that outlived the process that started it', () => {
  it('is ended before another one uses its folder, and nothing that it held is lost', async () => {
    const first = killOnExit(await startRedisServer({ dir }))
    await withClient(first.url, client => client.set('post:likes:1', '447'))
    await endLeftOverRedis(dir)
    const second = killOnExit(await startRedisServer({ dir }))
    expect(await first.exited).toBe(0)
    expect(await withClient(second.url, client => client.get('post:likes:1'))).toBe('447')
    await second.stop()
  })

  it('is left alone where its port is of a Redis with another folder', async () => {
    const elsewhere = join(dir, 'elsewhere')
    const ended = await startRedisServer({ dir: join(dir, 'here') })
    await ended.kill()
    const others = killOnExit(await startRedisServerAgain({ dir: elsewhere, port: ended.port }))
    await endLeftOverRedis(join(dir, 'here'))
    expect(await withClient(others.url, client => client.ping())).toBe('PONG')
    await others.stop()
  })
})
