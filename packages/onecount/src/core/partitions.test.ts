import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { createKeys, partitionOf, tagOf } from './keys'
import { createOnecount, type Onecount } from './onecount'

const P = 4
const POSTS = Array.from({ length: 20 }, (_, i) => ({
  id: `50050001-aaaa-bbbb-cccc-${String(i).padStart(12, '0')}`,
  base: 100 - i,
}))
const IDS = POSTS.map(({ id }) => id)
const MISSING = '50050001-aaaa-bbbb-cccc-ddddeeee9999'
/** One post of each partition. */
const OF_EACH = Array.from({ length: P }, (_, p) => POSTS.find(({ id }) => partitionOf(id, P) === p)!)
const keysOf = (postId: string) => createKeys(tagOf(partitionOf(postId, P), P))

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
beforeEach(async () => {
  await stores.begin(POSTS)
  await stores.sql`update like_settings set partitions = ${P}`
  ports = interrupted(stores.ports())
  onecount = instance()
})

const instance = () =>
  createOnecount({ ...ports, partitions: P, log: { warn() {} }, settings: { breakerMs: 0 } })
const ratings = async () => (await stores.sql`select from post_ratings`).length
/** Calls of a script that have keys of this partition, before and after the work. */
async function runsOf(work: () => Promise<unknown>): Promise<Map<string, Set<string>>> {
  const tags = new Map<string, Set<string>>()
  const { run } = ports.redis
  ports.redis.run = (script, keys, args) => {
    for (const key of keys)
      tags.set(script, (tags.get(script) ?? new Set()).add(/^\{[^}]*\}/.exec(key)?.[0] ?? ''))
    return run(script, keys, args)
  }
  await work()
  ports.redis.run = run
  return tags
}

describe('four partitions', () => {
  it('have posts each, and all keys of one have its tag', async () => {
    expect(new Set(IDS.map(id => partitionOf(id, P))).size).toBe(P)
    for (const { id } of OF_EACH) await onecount.set(id, 'ana', true)
    await onecount.drainer.flush()
    await onecount.ranking()
    for (const key of await stores.redis.keys('*')) expect(key).toMatch(/^\{[0-3]\/4[.\d]*\}/)
    for (const { id, base } of OF_EACH) {
      const keys = keysOf(id)
      expect(await stores.redis.get(keys.likes(id))).toBe(String(base + 1))
      expect(await stores.redis.smembers(keys.liked(id))).toEqual(['ana'])
      expect(await stores.redis.smembers(keys.sessions('ana'))).toEqual([id])
      expect(onecount.stores.keysOf(id).likes(id)).toBe(keys.likes(id))
    }
  })

  it('are read as one page, in the order that was asked for, without posts that are not there', async () => {
    const order = [...IDS].reverse()
    await onecount.set(order[0]!, 'ana', true)
    const states = await onecount.read([...order, MISSING, order[3]!], 'ana')
    expect([...states.keys()]).toEqual(order)
    expect([...states.values()].map(({ liked }) => liked)).toEqual(order.map((_, i) => i === 0))
    ports.calls.length = 0
    await onecount.read(order, 'ana')
    expect(ports.calls).toEqual(Array(P).fill('redis.read'))
    ports.calls.length = 0
    await onecount.read([OF_EACH[1]!.id], 'ana')
    expect(ports.calls).toEqual(['redis.read'])
  })

  it('keep the order where one of them cannot be read', async () => {
    await onecount.read(IDS, 'ana')
    const [, lost] = OF_EACH
    const { run } = ports.redis
    ports.redis.run = (script, keys, args) =>
      keys[0]!.startsWith(tagOf(1, P)) ? new Promise(() => {}) : run(script, keys, args)
    const patient = createOnecount({ ...ports, partitions: P, settings: { deadlineMs: 1000 } })
    const states = await patient.read(IDS, 'ana')
    ports.redis.run = run
    expect([...states.keys()]).toEqual(IDS)
    for (const [id, { source }] of states)
      expect(source).toBe(partitionOf(id, P) === partitionOf(lost!.id, P) ? 'unknown' : 'redis')
  })

  it('are drained together, each in a chain of its own', async () => {
    for (const { id } of OF_EACH) await onecount.set(id, 'ana', true)
    expect(await onecount.drainer.flush()).toEqual({ drained: P, more: false })
    expect(await ratings()).toBe(P)
    const receipts = await stores.sql`select nonce from like_receipt order by partition`
    expect(new Set(receipts.map(({ nonce }) => nonce)).size).toBe(P)
    for (const [id, state] of await onecount.read(IDS, 'ana'))
      expect(state).toMatchObject({ source: 'redis', liked: OF_EACH.some(post => post.id === id) })
  })

  it('tick in turn', async () => {
    for (const { id } of OF_EACH) await onecount.set(id, 'ana', true)
    for (let i = 1; i <= P; i++) {
      await onecount.drainer.tick()
      expect(await ratings()).toBe(i)
    }
  })

  it('are nudged by a like each for itself', async () => {
    onecount = createOnecount({
      ...ports,
      partitions: P,
      log: { warn() {} },
      drain: { lingerMs: 1, idleMs: 1_000_000 },
    })
    await onecount.drainer.flush()
    await onecount.read(IDS, 'ana')
    onecount.drainer.start()
    await expect.poll(() => onecount.drainer.hasWork()).toBe(false)
    await expect.poll(() => ports.count('postgres.status')).toBeGreaterThanOrEqual(3 * P)
    const [post] = OF_EACH
    const runs = await runsOf(async () => {
      await onecount.set(post!.id, 'ana', true)
      await expect.poll(ratings).toBe(1)
      await expect.poll(() => onecount.drainer.hasWork()).toBe(false)
    })
    expect(runs.get('collect')).toEqual(new Set([tagOf(0, P)]))
    await onecount.drainer.stop()
  })

  it('wait for durability each for itself', async () => {
    await onecount.read(IDS, 'ana')
    const runs = await runsOf(() => onecount.set(OF_EACH[2]!.id, 'ana', true, { ack: 'postgres' }))
    expect(runs.get('collect')).toEqual(new Set([tagOf(2, P)]))
    expect(await ratings()).toBe(1)
  })

  it('add up to one health', async () => {
    expect(await onecount.health()).toMatchObject({ status: 'ok', pending: 0, unseen: 0, oldestPendingMs: 0 })
    await onecount.set(OF_EACH[0]!.id, 'ana', true)
    await onecount.set(OF_EACH[3]!.id, 'ana', true)
    await onecount.set(OF_EACH[3]!.id, 'ben', true)
    const { pending, oldestPendingMs } = await onecount.health()
    expect(pending).toBe(3)
    expect(oldestPendingMs).toBeGreaterThan(0)
    await onecount.drainer.flush()
    expect(await onecount.health()).toMatchObject({ status: 'ok', pending: 0, unseen: 0 })
    ports.fail('never arrives', 'redis')
    for (const { id } of OF_EACH) await onecount.set(id, 'eva', true)
    expect(await onecount.health()).toMatchObject({ status: 'degraded', redis: 'down', unseen: P })
    ports.restore()
    await onecount.drainer.flush()
    expect(await onecount.health()).toMatchObject({ status: 'ok', unseen: 0 })
  })

  it('are ranked together, and follow every like', async () => {
    await onecount.hydrateAll()
    ports.calls.length = 0
    expect(await onecount.ranking(7)).toEqual(IDS.slice(0, 7))
    expect(ports.count('redis.rank')).toBe(P)
    for (const session of ['a', 'b']) await onecount.set(IDS[1]!, session, true)
    // Of equal ones the greater id comes first, also across partitions.
    for (const session of ['a', 'b', 'c']) await onecount.set(IDS[4]!, session, true)
    expect(await onecount.ranking(5)).toEqual([IDS[1], IDS[0], IDS[4], IDS[2], IDS[3]])
    expect(await onecount.ranking()).toHaveLength(POSTS.length)
  })

  it('are hydrated together, with all mirrors', async () => {
    await stores.sql`insert into post_ratings (post_id, session_id)
      select id, s from posts_new, unnest(array['ana', 'ben']) s`
    expect(await onecount.hydrateAll({ pageSize: 6 })).toEqual({ posts: 20, ratings: 40 })
    for (const { id, base } of POSTS) {
      expect(await stores.redis.get(keysOf(id).likes(id))).toBe(String(base + 2))
      expect((await stores.redis.smembers(keysOf(id).liked(id))).sort()).toEqual(['ana', 'ben'])
    }
    const counts = OF_EACH.map(({ id }) => stores.redis.scard(keysOf(id).sessions('ana')))
    expect((await Promise.all(counts)).reduce((a, b) => a + b)).toBe(20)
  })

  it('are moderated together', async () => {
    for (const id of IDS) await onecount.set(id, 'spam', true)
    expect(await onecount.mergeSessions('spam', 'spam2')).toEqual({ posts: 20, complete: true })
    expect(await onecount.removeSession('spam2')).toEqual({ posts: 20, complete: true })
    await onecount.drainer.flush()
    for (const { id, base } of POSTS)
      expect((await onecount.read([id], 'spam')).get(id)).toMatchObject({ count: base, liked: false })
    expect(await ratings()).toBe(0)
    expect(await onecount.removePost(IDS[0]!)).toBe(true)
    expect(await stores.redis.keys(`*post:*${IDS[0]}*`)).toEqual([])
  })

  it('lose nothing when Redis comes back empty', async () => {
    for (const { id } of OF_EACH) await onecount.set(id, 'ana', true)
    await onecount.drainer.flush()
    await stores.redis.flushall()
    for (const { id, base } of OF_EACH)
      expect((await onecount.read([id], 'ana')).get(id)).toMatchObject({ count: base + 1, liked: true })
  })
})
