import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { ForeignRedis, type Onecount, type OnecountOptions } from 'onecount'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { interrupted } from './support/interrupted'
import { startStores } from './support/stores'

const POSTS = Array.from({ length: 5 }, (_, i) => ({
  id: `90090000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base: 10,
}))
const [POST, OTHER] = POSTS as [(typeof POSTS)[0], (typeof POSTS)[0]]

const stores = forAllTests(startStores)
const second = forAllTests(startRedisServer)
const closing: (() => unknown)[] = []
beforeEach(async () => {
  await stores.begin(POSTS)
  const client = createRedisClient(second.url, { commandTimeout: 20_000, enableOfflineQueue: true })
  await client.flushall()
  client.disconnect()
})
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Started {
  onecount: Onecount
  said: string[]
}

/** A process of an application on one of the Redis servers and the only Postgres; it drains unless told otherwise. */
function start(url: string, options: Partial<OnecountOptions> = {}, drains = true): Started {
  const client = createRedisClient(url, { commandTimeout: 20_000 })
  const said: string[] = []
  const { postgres } = stores.ports()
  const onecount = stores.instance({
    redis: ioredisPort(client),
    postgres,
    drain: { lingerMs: 1, idleMs: 20, maxBackoffMs: 50 },
    log: { warn: line => void said.push(line) },
    ...options,
  })
  if (drains) onecount.drainer.start()
  closing.push(async () => {
    await onecount.drainer.stop({ budgetMs: 0 })
    client.disconnect()
  })
  return { onecount, said }
}

/** A process on the second Redis that has accepted a like while Postgres was away, and does not drain. */
async function startWithLike(postId: string, sessionId: string): Promise<Started> {
  const ports = interrupted(stores.ports())
  const started = start(second.url, { postgres: ports.postgres }, false)
  ports.fail('never arrives', 'postgres')
  expect(await started.onecount.set(postId, sessionId, true)).toMatchObject({ liked: true, durable: false })
  ports.restore()
  return started
}

const see = async ({ onecount }: Started, id: string, session: string | null = null) =>
  (await onecount.read([id], session)).get(id)!
const isDrained = ({ onecount }: Started) =>
  expect.poll(() => onecount.health()).toMatchObject({ status: 'ok', pending: 0, unseen: 0, paused: null })

describe('a second Redis on the Postgres of another', () => {
  it('is refused, says so once, and serves from Postgres; the first goes on as if it were alone', async () => {
    const first = start(stores.redisUrl)
    await first.onecount.set(POST.id, 'ana', true)
    await isDrained(first)
    const other = start(second.url)
    await expect.poll(() => other.said).toHaveLength(1)
    expect(other.said[0]).toMatch(
      /^drain paused: postgres belongs to another Redis \(\w{16}, this one is \w{16}\): correct REDIS_URL or SUPABASE_URL, .*`npx onecount takeover` or ONECOUNT_TAKE_OVER=1$/,
    )
    expect(await other.onecount.health()).toMatchObject({ status: 'degraded', paused: 'foreign' })

    for (let i = 0; i < 40; i++) {
      await Promise.all([
        first.onecount.set(POSTS[i % 5]!.id, `a${i}`, true),
        other.onecount.set(POSTS[i % 5]!.id, `b${i}`, true),
      ])
    }
    expect(await see(other, POST.id, 'b0')).toMatchObject({ source: 'postgres', liked: true })
    await isDrained(first)
    for (const post of POSTS) {
      const { redis, postgres, expectedCount } = await stores.compare(post)
      expect(redis).toEqual(postgres)
      expect(postgres.count).toBe(expectedCount)
    }
    expect(await see(first, POST.id, 'b0')).toMatchObject({ source: 'redis', liked: true, durable: true })
    expect(await see(other, POST.id)).toMatchObject({ count: (await see(first, POST.id)).count })
    expect([first.said, other.said.slice(1)]).toEqual([[], []])
  })

  it('is refused also where both begin at once: exactly one drains', async () => {
    const both = [start(stores.redisUrl), start(second.url)]
    await Promise.all(both.map(({ onecount }, i) => onecount.set(POST.id, `s${i}`, true)))
    const paused = async () => (await Promise.all(both.map(one => one.onecount.health()))).map(h => h.paused)
    await expect.poll(async () => (await paused()).sort()).toEqual(['foreign', null])
    const owner = both[(await paused()).indexOf(null)]!
    await isDrained(owner)
    expect(owner.said).toEqual([])
  })

  it('keeps its pending ops, and refuses to be drained by hand', async () => {
    const first = start(stores.redisUrl)
    await isDrained(first)
    await first.onecount.set(POST.id, 'ana', true)
    await isDrained(first)
    const other = await startWithLike(OTHER.id, 'ben')
    const error = await other.onecount.drainer.flush().catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ForeignRedis)
    expect(error).toMatchObject({ store: 'redis' })
    expect(await other.onecount.health()).toMatchObject({ pending: 1, paused: 'foreign' })
    expect(await see(first, OTHER.id, 'ben')).toMatchObject({ count: 10, liked: false })
    expect(await other.onecount.set(POST.id, 'ben', true, { ack: 'postgres' })).toMatchObject({
      durable: true,
      count: 12,
    })
  })
})

describe('taking over', () => {
  it('gives Postgres to the second Redis, with its pending ops; the first is refused from then on', async () => {
    const first = start(stores.redisUrl)
    await first.onecount.set(POST.id, 'ana', true)
    await isDrained(first)
    await startWithLike(OTHER.id, 'ben')

    const after = start(second.url, { takeOver: true })
    await isDrained(after)
    expect(after.said).toEqual([
      expect.stringMatching(/^postgres belongs to this Redis from now on \(\w{16}, before to \w{16}\)$/),
    ])
    expect(await see(after, POST.id, 'ana')).toMatchObject({ count: 11, liked: true, source: 'redis' })
    expect(await see(after, OTHER.id, 'ben')).toMatchObject({ count: 11, liked: true, source: 'redis' })
    await expect.poll(() => first.said).toEqual([expect.stringContaining('belongs to another Redis')])
    expect(await first.onecount.set(POST.id, 'cleo', true)).toMatchObject({ count: 12, source: 'postgres' })
    await isDrained(after)
    expect(await see(after, POST.id)).toMatchObject({ count: 12, source: 'redis' })

    // Back again, deliberately: it is the owner as before, and shows nothing of old.
    const back = start(stores.redisUrl, { takeOver: true })
    await isDrained(back)
    await expect.poll(() => first.said.at(-1)).toBe('drain resumed')
    expect(await see(first, POST.id, 'cleo')).toMatchObject({ count: 12, liked: true, source: 'redis' })
    await expect.poll(() => after.onecount.health()).toMatchObject({ paused: 'foreign' })
  })

  it('happens once in a process, and not in one that was the owner: two that were told to do not take turns', async () => {
    const first = start(stores.redisUrl, { takeOver: true })
    await first.onecount.set(POST.id, 'ana', true)
    await isDrained(first)
    const other = start(second.url, { takeOver: true })
    await expect.poll(() => other.said).toHaveLength(1)
    await expect.poll(() => first.said).toEqual([expect.stringContaining('belongs to another Redis')])
    expect(await first.onecount.health()).toMatchObject({ paused: 'foreign' })
    expect(other.said).toEqual([expect.stringContaining('belongs to this Redis from now on')])
  })

  it.each(['never arrives', 'answer lost'] as const)('is tried again when the call %s', async failure => {
    const first = start(stores.redisUrl)
    await first.onecount.set(POST.id, 'ana', true)
    await isDrained(first)
    const ports = interrupted(stores.ports())
    ports.failOnce(failure, 'postgres.takeOver')
    const other = start(second.url, { postgres: ports.postgres, takeOver: true })
    await expect.poll(async () => (await first.onecount.health()).paused).toBe('foreign')
    await isDrained(other)
    expect(ports.count('postgres.takeOver')).toBe(failure === 'never arrives' ? 2 : 1)
  })
})

describe('the Redis that Postgres belongs to', () => {
  it('is recognised after it was emptied, by a process that goes on and by one that starts', async () => {
    const first = start(stores.redisUrl)
    await first.onecount.set(POST.id, 'ana', true)
    await isDrained(first)
    await stores.redis.flushall()
    await isDrained(first)
    expect(await see(first, POST.id, 'ana')).toMatchObject({ count: 11, liked: true, source: 'redis' })
    for (const close of closing.splice(0)) await close()

    await stores.redis.flushall()
    const next = start(stores.redisUrl)
    await next.onecount.set(POST.id, 'ben', true)
    await isDrained(next)
    expect(await see(next, POST.id)).toMatchObject({ count: 12, source: 'redis' })
    expect(next.said).toEqual([])
  })

  it('is recognised by another address and another login, and after another one has renamed it', async () => {
    const first = start(stores.redisUrl)
    await isDrained(first)
    const elsewhere = start(stores.redisUrl.replace('127.0.0.1', 'localhost'), { redisId: 'elsewhere' })
    await isDrained(elsewhere)
    for (let i = 0; i < 3; i++) {
      await stores.redis.flushall()
      const stranger = start(stores.redisUrl, { redisId: `stranger-${i}` })
      await isDrained(first)
      await isDrained(stranger)
    }
    expect(first.said.filter(line => /lost/.test(line))).toEqual([])
  })

  it('is claimed by the first that drains after an upgrade, with the ids of a backup from before', async () => {
    const first = start(stores.redisUrl)
    await first.onecount.set(POST.id, 'ana', true)
    await isDrained(first)
    const home = await stores.redis.zrangebylex(stores.keys.q, '[!home|', '(!home}')
    expect(home).toHaveLength(1)
    for (const close of closing.splice(0)) await close()
    // As an engine before this one leaves both stores.
    await stores.redis.zrem(stores.keys.q, ...home)
    await stores.sql`update like_receipt set owner = null`
    const upgraded = start(stores.redisUrl)
    await upgraded.onecount.set(POST.id, 'ben', true)
    await isDrained(upgraded)
    expect(upgraded.said).toEqual([])
    const [{ owner }] = (await stores.sql`select owner from like_receipt`) as unknown as [{ owner: string }]
    expect(home).toEqual([`!home|${owner}`])
    expect(await see(upgraded, POST.id, 'ana')).toMatchObject({ count: 12, liked: true, source: 'redis' })
  })

  it('is named by an id of the settings, where its address changes', async () => {
    const first = start(stores.redisUrl, { redisId: 'production' })
    await first.onecount.set(POST.id, 'ana', true)
    await isDrained(first)
    for (const close of closing.splice(0)) await close()
    const moved = start(second.url, { redisId: 'production' })
    await isDrained(moved)
    expect(await see(moved, POST.id, 'ana')).toMatchObject({ count: 11, liked: true, source: 'redis' })
    expect(moved.said).toEqual([])
  })
})
