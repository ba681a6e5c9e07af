import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { startUpstashServer, type UpstashFate, type UpstashServer } from '@onecount/dev-stack/upstash-server'
import { Redis as UpstashRedis } from '@upstash/redis'
import { Redis } from 'ioredis'
import { createClock, createOnecount, nextOp, StoreUnavailable } from 'onecount'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import {
  createUpstashClient,
  REST_SETTINGS,
  readUpstashAddress,
  upstashFromEnv,
  upstashPort,
} from 'onecount/upstash'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const SESSION = 'one-session-in-particular'

const redis = forAllTests(startRedisServer)
let server: UpstashServer
let fates: UpstashFate[] = []
beforeAll(async () => {
  server = await startUpstashServer({ redisUrl: redis.url, fateOf: () => fates.shift() ?? 'answered' })
})
afterAll(() => server.stop())
beforeEach(() => {
  fates = []
})

/** Patient, so that a busy machine does not look like a server that does not answer, unless a test says otherwise. */
const portOf = (address: { url: string; token: string }, options = { timeoutMs: 20_000 }) =>
  upstashPort(createUpstashClient({ ...address, ...options }), address)
const limit = (port: ReturnType<typeof portOf>, key: string) =>
  port.run('limit', [`limit:${key}`], [1000, 60_000])
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => error,
  )

describe('the driver of Upstash', () => {
  it('sends the calls of a tick in one request, and those of another in another', async () => {
    const port = portOf(server)
    await limit(port, 'warm')
    const before = { requests: server.requests(), commands: server.commands() }
    await Promise.all(Array.from({ length: 30 }, (_, i) => limit(port, String(i))))
    expect(server.requests() - before.requests).toBe(1)
    expect(server.commands() - before.commands).toBe(30)
    await limit(port, 'later')
    expect(server.requests() - before.requests).toBe(2)
  })

  it('keeps a request below the limit of its size and each answer with its call', async () => {
    const port = portOf(server)
    const before = server.requests()
    const long = 'x'.repeat(200_000)
    const replies = await Promise.allSettled(
      Array.from({ length: 9 }, (_, i) => port.run('limit', [`${long}${i}`], [1000, 60_000])),
    )
    for (const reply of replies) expect(reply).toMatchObject({ status: 'fulfilled' })
    expect(server.requests() - before).toBeGreaterThanOrEqual(5)
  })

  it('repeats a call on a new connection where an old one fails and the process may have been frozen', async () => {
    const port = portOf(server)
    await limit(port, 'frozen')
    const before = server.requests()
    fates = ['connection reset']
    expect(await errorOf(limit(port, 'frozen')), 'it was awake').toBeInstanceOf(StoreUnavailable)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
    try {
      fates = ['connection reset', 'answered']
      await limit(port, 'frozen')
      vi.setSystemTime(Date.now() + 60_000)
      fates = ['answer lost', 'answered']
      await limit(port, 'frozen')
    } finally {
      vi.useRealTimers()
    }
    expect(server.requests() - before).toBe(5)
  })

  it('fails calls of a pipeline of which a part ran, and answers the others', async () => {
    const port = portOf(server)
    fates = ['cut short']
    const calls = ['a', 'b', 'c', 'd'].map(key => limit(port, key))
    const [a, b, c, d] = await Promise.allSettled(calls)
    for (const answered of [a, b]) expect(answered).toMatchObject({ status: 'fulfilled' })
    for (const { reason } of [c, d] as PromiseRejectedResult[])
      expect(reason).toMatchObject({ store: 'redis', scope: 'store', name: 'StoreUnavailable' })
  })

  it('has time for a cold connection: 1.5 s', async () => {
    const slow = createServer()
    await new Promise<void>(resolve => slow.listen(0, '127.0.0.1', resolve))
    const address = { url: `http://127.0.0.1:${(slow.address() as AddressInfo).port}`, token: 't' }
    const port = upstashPort(createUpstashClient(address), address)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const cold = limit(port, 'cold')
      const [, response] = await once(slow, 'request')
      await vi.advanceTimersByTimeAsync(1499)
      response.end(JSON.stringify([{ result: ['MQ==', 'MQ=='] }]))
      expect(await cold).toEqual(['1', '1'])
      const hangs = errorOf(limit(port, 'hangs'))
      await once(slow, 'request')
      await vi.advanceTimersByTimeAsync(1500)
      expect(await hangs).toBeInstanceOf(StoreUnavailable)
    } finally {
      vi.useRealTimers()
    }
    slow.closeAllConnections()
    await new Promise(resolve => slow.close(resolve))
  })

  it('names a call that is too large, and does not report Redis as unreachable', async () => {
    const error = await errorOf(portOf(server).run('limit', ['x'.repeat(1_100_000)], [1, 1]))
    expect(error).toMatchObject({ store: 'redis', scope: 'call' })
    expect((error as Error).message).toContain('max request size')
  })

  it('does not send a call again whose answer was lost', async () => {
    const port = portOf(server)
    await limit(port, 'lost')
    const before = server.requests()
    fates = ['answer lost']
    expect(await errorOf(limit(port, 'lost'))).toBeInstanceOf(StoreUnavailable)
    expect(server.requests() - before).toBe(1)
  })

  it('fails where a proxy answers, without the ids of the request in the error', async () => {
    fates = ['bad gateway', 'answered']
    const port = portOf(server)
    const error = (await errorOf(port.run('limit', [SESSION], [1, 1]))) as Error
    expect(error).toMatchObject({ store: 'redis', scope: 'store' })
    const stranger = portOf({ ...server, token: 'another' })
    const refused = (await errorOf(stranger.run('limit', [SESSION], [1, 1]))) as Error
    expect(refused.message).toContain('Unauthorized')
    for (const { message, cause } of [error, refused]) expect(`${message} ${cause}`).not.toContain(SESSION)
  })

  it('fails at its deadline where nothing answers, and never makes up an answer', async () => {
    const silent = createServer(() => {})
    await new Promise<void>(resolve => silent.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const began = performance.now()
    expect(await errorOf(limit(portOf({ url, token: 't' }, { timeoutMs: 300 }), 'a'))).toBeInstanceOf(
      StoreUnavailable,
    )
    expect(performance.now() - began).toBeGreaterThan(250)
    silent.closeAllConnections()
    await new Promise(resolve => silent.close(resolve))
  })

  it('takes no answer that a client makes up whose signal is not a function', async () => {
    const address = { url: server.url, token: server.token }
    const client = new UpstashRedis({
      ...REST_SETTINGS,
      ...address,
      signal: AbortSignal.abort('out of time'),
    })
    expect(await client.get('a key'), 'by the client').toBe('out of time')
    expect(await errorOf(limit(upstashPort(client, address), 'a'))).toBeInstanceOf(StoreUnavailable)
  })

  it('runs a script that was forgotten, and on a server that does not know locks of keys', async () => {
    const plain = new Redis(redis.url)
    const old = await startUpstashServer({ redisUrl: redis.url, knowsKeyLocking: false })
    try {
      for (const address of [server, old]) {
        await plain.script('FLUSH')
        const port = portOf(address)
        await Promise.all([limit(port, 'forgotten'), limit(port, 'forgotten')])
        const before = address.commands()
        await limit(port, 'forgotten')
        expect(address.commands() - before).toBe(1)
      }
    } finally {
      plain.disconnect()
      await old.stop()
    }
  })

  it('is known to Postgres as the Redis that a worker reaches by TCP', () => {
    const tcp = createRedisClient('rediss://default:secret@eu1-name.upstash.io:6379', { lazyConnect: true })
    expect(portOf({ url: 'https://eu1-name.upstash.io', token: 't' }).id).toBe(ioredisPort(tcp).id)
    expect(portOf({ url: 'https://eu2-name.upstash.io', token: 't' }).id).not.toBe(ioredisPort(tcp).id)
    tcp.disconnect()
  })
})

describe('the address of Upstash', () => {
  const url = 'https://name.upstash.io'

  it('is read from the names of Upstash and of Vercel', () => {
    expect(readUpstashAddress({})).toBeNull()
    expect(upstashFromEnv({})).toBeNull()
    expect(
      readUpstashAddress({ UPSTASH_REDIS_REST_URL: `${url}/`, UPSTASH_REDIS_REST_TOKEN: ' t ' }),
    ).toEqual({ url, token: 't' })
    expect(readUpstashAddress({ KV_REST_API_URL: url, KV_REST_API_TOKEN: 't' })).toEqual({ url, token: 't' })
  })

  it.each([
    [{ UPSTASH_REDIS_REST_URL: url }, 'UPSTASH_REDIS_REST_TOKEN', 'is missing'],
    [{ UPSTASH_REDIS_REST_TOKEN: 'secret' }, 'UPSTASH_REDIS_REST_URL', 'is missing'],
    [{ KV_REST_API_URL: 'nonsense', KV_REST_API_TOKEN: 'secret' }, 'KV_REST_API_URL', 'https://'],
    [
      {
        UPSTASH_REDIS_REST_URL: 'rediss://default:secret@name.upstash.io:6379',
        UPSTASH_REDIS_REST_TOKEN: 's',
      },
      'UPSTASH_REDIS_REST_URL',
      'TCP endpoint',
    ],
  ])('names the mistake in %o', (env, field, detail) => {
    try {
      readUpstashAddress(env)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'misconfigured', options: { field } })
      expect((error as Error).message).toContain(detail)
      expect((error as Error).message).not.toContain('secret')
    }
  })
})

describe('an engine on Upstash', () => {
  const stores = forAllTests(startStores)
  beforeEach(() => stores.begin([{ id: POST, base: 10 }]))
  let end: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const stop of end) await stop()
    end = []
  })

  async function engineOn(fateOf?: () => UpstashFate) {
    const upstash = await startUpstashServer({ redisUrl: stores.redisUrl, fateOf })
    end.push(upstash.stop)
    return { upstash, onecount: createOnecount(ports(upstash)) }
  }

  const ports = (upstash: UpstashServer) => ({
    redis: portOf(upstash),
    postgres: stores.ports().postgres,
    log: { warn() {} },
  })

  it('sends nothing while it is idle, unless it runs a drain loop', async () => {
    const { upstash, onecount } = await engineOn()
    await onecount.set(POST, SESSION, true)
    await onecount.drainer.flush()
    const looks = async (options?: object) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const { drainer } = createOnecount({ ...ports(upstash), ...options })
      try {
        if (options) drainer.start()
        const before = upstash.commands()
        const minute = async () => {
          await vi.advanceTimersByTimeAsync(60_000)
          return upstash.commands() - before
        }
        if (!options) return minute()
        return await vi.waitUntil(minute, { timeout: 30_000 })
      } finally {
        vi.useRealTimers()
        await drainer.stop()
      }
    }
    expect(await looks()).toBe(0)
    expect(await looks({ drain: { idleMs: 2000 } })).toBeGreaterThan(0)
  })

  it('takes a like with one command, shows it, and drains it', async () => {
    const { upstash, onecount } = await engineOn()
    await onecount.drainer.flush()
    await onecount.read([POST], SESSION)
    await onecount.set(POST, SESSION, false)
    const before = upstash.commands()
    expect(await onecount.set(POST, SESSION, true)).toMatchObject({ count: 11, liked: true, source: 'redis' })
    expect(upstash.commands() - before).toBe(1)
    await onecount.drainer.flush()
    const [row] = await stores.sql`select likes from posts_new where id = ${POST}`
    expect(Number(row!.likes)).toBe(11)
  })

  it('counts every like once where requests are lost, executed twice or answered by a proxy', async () => {
    const deck: UpstashFate[] = ['answered', 'answer lost', 'executed twice', 'answered', 'bad gateway']
    let n = 0
    const { onecount } = await engineOn(() => deck[n++ % deck.length]!)
    const clock = createClock()
    const people = Array.from({ length: 40 }, (_, i) => `person-${i}`)
    for (const person of people) {
      const op = nextOp(clock(), 0, true)
      await expect
        .poll(() => onecount.set(POST, person, true, { op }).catch(() => null))
        .toMatchObject({ liked: true })
    }
    const { onecount: calm } = await engineOn()
    await calm.drainer.flush()
    const [row] = await stores.sql`
      select likes, (select count(*) from post_ratings where post_id = ${POST}) as rows from posts_new where id = ${POST}`
    expect([Number(row!.likes), Number(row!.rows)]).toEqual([50, 40])
    expect((await calm.read([POST], people[0]!)).get(POST)).toMatchObject({ count: 50, liked: true })
  })
})
