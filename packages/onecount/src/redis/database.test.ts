import { type RedisServer, startRedisServer, startRedisServerAgain } from '@onecount/dev-stack/redis-server'
import { Redis, type RedisOptions } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RedisPort } from '../core/ports'
import { createRedisClient, ioredisPort } from './ioredis'

let server: RedisServer
const clients: Redis[] = []
beforeEach(async () => {
  server = await startRedisServer()
})
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await server.kill()
})

const opened = (client: Redis) => {
  clients.push(client.on('error', () => {}))
  return client
}
const own = (db: number, options: RedisOptions = {}) =>
  opened(new Redis(`${server.url}/${db}`, { commandTimeout: 20_000, ...options }))
const made = (db: number) => opened(createRedisClient(`${server.url}/${db}`, { commandTimeout: 20_000 }))

const KEY = 'likes:limit:new|a'
/** A script that writes a key. */
const take = (port: RedisPort) => port.run('limit', [KEY], [10, 3_600_000])
const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => error,
  )
/** The keys of a database. */
async function keysOf(db: number): Promise<string[]> {
  const admin = own(0)
  await admin.select(db)
  return admin.keys('*')
}

const CLIENTS: [string, (db: number) => Redis][] = [
  ['createRedisClient', made],
  ['an application', db => own(db)],
  ['an application, without a ready check', db => own(db, { enableReadyCheck: false })],
  ['an application, that connects later', db => own(db, { lazyConnect: true })],
]
const refusal = {
  name: 'StoreUnavailable',
  store: 'redis',
  scope: 'store',
  message: expect.stringContaining('this Redis has no database 16'),
}

describe('a client with the number of a database', () => {
  it.each(CLIENTS)('of %s runs its scripts there', async (_, make) => {
    const port = ioredisPort(make(9))
    await Promise.all([take(port), take(port)])
    expect([await keysOf(9), await keysOf(0)]).toEqual([[KEY], []])
  })

  it.each(CLIENTS)('of %s runs no script on database 0 where Redis does not have it', async (_, make) => {
    const port = ioredisPort(make(16))
    const calls = await Promise.all(Array.from({ length: 20 }, () => failureOf(take(port))))
    for (const failure of [...calls, await failureOf(take(port))]) expect(failure).toMatchObject(refusal)
    expect(await keysOf(0)).toEqual([])
  })

  it.each(CLIENTS)('of %s runs no script on database 0 of a Redis that has lost it', async (_, make) => {
    const client = make(9)
    const port = ioredisPort(client)
    await take(port)
    server.child.kill('SIGSTOP')
    const unanswered = failureOf(take(port))
    const closed = new Promise(resolve => client.once('close', resolve))
    await server.kill()
    await closed
    const unsent = failureOf(take(port))
    server = await startRedisServerAgain({ port: server.port, args: ['--databases', '4'] })
    await expect
      .poll(() => failureOf(take(port)))
      .toMatchObject({ message: expect.stringContaining('this Redis has no database 9') })
    expect(await unanswered).toMatchObject({ store: 'redis' })
    expect(await unsent).toMatchObject({ store: 'redis' })
    expect(await keysOf(0)).toEqual([])
    await server.kill()
    server = await startRedisServerAgain({ port: server.port })
    await expect.poll(() => failureOf(take(port))).toBeNull()
    expect([await keysOf(9), await keysOf(0)]).toEqual([[KEY], []])
  })

  it('is told of a user that may not select it', async () => {
    await own(0).call('ACL', 'SETUSER', 'likes', 'on', '>x', '~*', '+@all', '-select')
    const client = opened(createRedisClient(`${server.url.replace('://', '://likes:x@')}/9`))
    const port = ioredisPort(client)
    expect(await failureOf(take(port))).toMatchObject({
      scope: 'store',
      message: expect.stringContaining('NOPERM'),
    })
    expect(await keysOf(0)).toEqual([])
  })
})
