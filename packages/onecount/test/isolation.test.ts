import { createOnecount, type Onecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, FAIL_FAST, ioredisPort } from 'onecount/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Stores, startStores } from './support/stores'

const WARM = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const COLD = Array.from({ length: 100 }, (_, i) => ({
  id: `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base: i,
}))
const RATINGS = 2000

let stores: Stores
let onecount: Onecount
beforeAll(async () => {
  stores = await startStores()
})
afterAll(() => stores.stop())

describe('a page of 100 cold posts with 2,000 ratings each', () => {
  beforeAll(async () => {
    await stores.begin([WARM, ...COLD])
    await stores.unnoticed(async sql => {
      await sql`insert into post_ratings (post_id, session_id, op)
        select p.id, 'session-' || n, 2 * n + 1 from posts_new p, generate_series(1, ${RATINGS}) n
         where p.id <> ${WARM.id}`
      await sql`update posts_new set likes = likes + ${RATINGS} where id <> ${WARM.id}`
    })
    onecount = stores.instance(stores.ports({ commandTimeout: FAIL_FAST.commandTimeout }))
    await onecount.drainOnce()
    await onecount.read([WARM.id])
  })

  it('sends no like of another post to Postgres, and is exact itself', async () => {
    let isOver = false
    const page = onecount.read(
      COLD.map(post => post.id),
      'session-1',
    )
    page.finally(() => {
      isOver = true
    })
    const sources: string[] = []
    for (let i = 0; !isOver; i++) sources.push((await onecount.set(WARM.id, `visitor-${i}`, true)).source)
    expect(sources.length).toBeGreaterThan(10)
    expect(sources.filter(source => source !== 'redis')).toEqual([])
    const states = await page
    for (const { id, base } of COLD)
      expect(states.get(id)).toMatchObject({ count: base + RATINGS, liked: true, source: 'redis' })
  })
})

describe('a key of the wrong type', () => {
  const [BROKEN, OTHER] = [COLD[0]!, COLD[1]!]
  beforeEach(async () => {
    await stores.begin([WARM, BROKEN, OTHER])
    onecount = stores.instance()
    await onecount.set(BROKEN.id, 'ana', true)
    await onecount.read([WARM.id, OTHER.id])
    await onecount.drainOnce()
  })

  it.each(['likes', 'liked', 'meta'] as const)('in place of post:%s makes this one post cold', async key => {
    const name = stores.keys[key](BROKEN.id)
    await stores.redis.del(name)
    await stores.redis.lpush(name, 'not what belongs here')
    const states = await onecount.read([WARM.id, BROKEN.id, OTHER.id], 'ana')
    expect([...states.values()].map(({ count, source }) => [count, source])).toEqual([
      [446, 'redis'],
      [1, 'redis'],
      [1, 'redis'],
    ])
    expect(states.get(BROKEN.id)).toMatchObject({ liked: true })
  })

  it.each(['likes', 'liked', 'meta', 'sessions'] as const)(
    'in place of %s: a press counts, and the drain goes on',
    async key => {
      const name = stores.keys[key](key === 'sessions' ? 'ben' : BROKEN.id)
      await stores.redis.del(name)
      await stores.redis.lpush(name, 'not what belongs here')
      expect(await onecount.set(BROKEN.id, 'ben', true)).toMatchObject({ count: 2, source: 'redis' })
      await stores.sql`delete from post_ratings where session_id = 'ana'`
      await onecount.drainOnce()
      await onecount.read([BROKEN.id])
      const both = { count: 1, members: ['ben'] }
      expect(await stores.compare(BROKEN)).toMatchObject({ redis: both, postgres: both })
    },
  )

  it('of one post sends no press on another one to Postgres', async () => {
    // Of a type that no script can get rid of by itself: the post is answered by Postgres.
    const client = createRedisClient(stores.redisUrl, { commandTimeout: 5000 })
    const port = ioredisPort(client)
    const broken = stores.keys.recent
    onecount = createOnecount({
      redis: {
        run: (script, keys, args) =>
          port.run(script, args.includes(BROKEN.id) ? keys.map(k => (k === broken ? WRONG : k)) : keys, args),
      },
      postgres: postgresJsPort(stores.sql),
      log: { warn() {} },
    })
    await stores.redis.set(WRONG, 'a string')
    const press = (post: string, n: number) => onecount.set(post, `session-${n}`, true)
    const sessions = Array.from({ length: 20 }, (_, n) => n)
    for (let round = 0; round < 3; round++) {
      const refused = await Promise.all(sessions.map(n => press(BROKEN.id, 20 * round + n)))
      expect(new Set(refused.map(state => state.source))).toEqual(new Set(['postgres']))
      expect(await press(OTHER.id, round)).toMatchObject({ count: 2 + round, source: 'redis' })
    }
    client.disconnect()
  })

  it('that keeps one post of a page from being installed leaves the others as they are', async () => {
    const { redis, postgres } = stores.ports()
    onecount = createOnecount({
      redis: {
        run: (script, keys, args) =>
          redis.run(
            script,
            script === 'install' && args[0] === BROKEN.id
              ? keys.map(k => (k === stores.keys.recent ? WRONG : k))
              : keys,
            args,
          ),
      },
      postgres,
      log: { warn() {} },
    })
    await stores.redis.set(WRONG, 'a string')
    await stores.sql`insert into like_unseen (post_id, session_id, op) values (${BROKEN.id}, 'eva', 8)`
    await onecount.set(BROKEN.id, 'ben', true)
    await stores.redis.del(stores.keys.meta(BROKEN.id), stores.keys.meta(WARM.id), stores.keys.meta(OTHER.id))
    const states = await onecount.read([WARM.id, BROKEN.id, OTHER.id], 'ben')
    expect(states.get(WARM.id)).toMatchObject({ count: 446, source: 'redis' })
    expect(states.get(OTHER.id)).toMatchObject({ count: 1, source: 'redis' })
    // Not installed, but with the press that is pending.
    expect(states.get(BROKEN.id)).toMatchObject({ count: 2, liked: true })
    expect(await stores.redis.exists(stores.keys.hydrating(BROKEN.id))).toBe(0)
  })
})

const WRONG = 'of-another-type'
