import type { Onecount } from 'onecount'
import { beforeAll, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { type Interrupted, interrupted } from './support/interrupted'
import { longestCall } from './support/longest-call'
import { startStores } from './support/stores'

const LIKES = 1_000_000
const HOT = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 7 }
const OTHER = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }
const COUNT = HOT.base + LIKES
/** No call may hold Redis for longer, microseconds. */
const MOST_US = 5000

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
beforeAll(async () => {
  await stores.begin([HOT, OTHER])
  await stores.unnoticed(async sql => {
    await sql`
      insert into post_ratings (post_id, session_id, op)
      select ${HOT.id}, 'liker-' || n, 2 * n + 1 from generate_series(1, ${LIKES}) n`
    await sql`update posts_new set likes = ${COUNT} where id = ${HOT.id}`
  })
  await stores.sql`vacuum analyze post_ratings`
  ports = interrupted(stores.ports())
  onecount = stores.instance(ports)
  await onecount.drainer.flush()
})

const see = async (session: string | null) => (await onecount.read([HOT.id], session)).get(HOT.id)!

/** Blocks of Postgres that a query touches. */
async function blocksOf(query: string): Promise<number> {
  const [row] = await stores.sql.unsafe(`explain (analyze, buffers, format json) ${query}`)
  const plan = row!['QUERY PLAN'][0].Plan
  return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
}

it('are hydrated by one read of Postgres and one call for the post, one for the session', async () => {
  ports.calls.length = 0
  expect(await see('liker-500000')).toMatchObject({ count: COUNT, liked: true, source: 'redis' })
  expect([...ports.calls].sort()).toEqual([
    'postgres.snapshot',
    'redis.install-posts',
    'redis.install-sessions',
    'redis.read',
    'redis.read',
  ])
  // Another session costs no look at the post any more.
  ports.calls.length = 0
  expect(await see('new-session')).toMatchObject({ count: COUNT, liked: false, source: 'redis' })
  expect(ports.count('redis.install-posts')).toBe(0)
})

it('are not looked at by that read, for any session', async () => {
  for (const session of ['liker-500000', 'new-session']) {
    const call = `select onecount_hydrate(0, array['${HOT.id}']::uuid[], '${session}', array['${HOT.id}']::uuid[], 500)`
    expect(await blocksOf(call)).toBeLessThan(100)
  }
})

it('hold Redis for less than 5 ms in any call: hydrated, pressed on, drained and built anew', async () => {
  const longest = await longestCall(stores.redis, 4, async attempt => {
    await stores.redis.del(stores.keys.meta(HOT.id), stores.keys.ops('liker-1'))
    expect(await see('liker-1')).toMatchObject({ count: COUNT + attempt, source: 'redis' })
    await onecount.set(HOT.id, `session-${attempt}`, true)
    await onecount.drainer.flush()
    expect(await onecount.rehydrate(HOT.id)).toBe(COUNT + attempt + 1)
  })
  expect(longest).toBeLessThan(MOST_US)
})

it('go with their post: from Postgres, from both mirrors and from the ranking, and Redis is not held', async () => {
  for (let from = 1; from <= LIKES; from += 10_000)
    await stores.redis.sadd(
      stores.keys.liked(HOT.id),
      ...Array.from({ length: 10_000 }, (_, i) => `liker-${from + i}`),
    )
  const longest = await longestCall(stores.redis, 1, async () => {
    expect(await onecount.removePost(HOT.id)).toBe(true)
    while ((await onecount.drainer.flush()).more);
  })
  expect(longest).toBeLessThan(MOST_US)
  expect([...(await stores.sql`select from post_ratings where post_id = ${HOT.id} limit 1`)]).toEqual([])
  expect(await stores.redis.keys(`*${HOT.id}*`)).toEqual([])
  expect((await onecount.read([HOT.id, OTHER.id], 'liker-1')).get(OTHER.id)).toMatchObject({ count: 12 })
  await expect(onecount.set(HOT.id, 'liker-1', true)).rejects.toMatchObject({ code: 'post_not_found' })
})
