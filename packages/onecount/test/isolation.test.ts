import type { Onecount } from 'onecount'
import { FAIL_FAST } from 'onecount/redis'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { type Interrupted, interrupted } from './support/interrupted'
import { expectBalanced } from './support/ledger'
import { startStores } from './support/stores'

const WARM = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const COLD = Array.from({ length: 100 }, (_, i) => ({
  id: `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base: i,
}))
const RATINGS = 2000

const stores = forAllTests(startStores)
let onecount: Onecount

describe('a page of 100 cold posts with 2,000 ratings each', () => {
  beforeAll(async () => {
    await stores.begin([WARM, ...COLD])
    await stores.unnoticed(async sql => {
      await sql`insert into post_ratings (post_id, session_id, op)
        select p.id, 'session-' || n, 2 * n + 1 from posts_new p, generate_series(1, ${RATINGS}) n
         where p.id <> ${WARM.id}`
      await sql`update posts_new set likes = likes + ${RATINGS} where id <> ${WARM.id}`
    })
    onecount = stores.instance(stores.ports({ redisMs: FAIL_FAST.commandTimeout }))
    await onecount.drainer.flush()
    await onecount.read([WARM.id])
  })

  it('sends no like of another post to Postgres, and is exact itself', async () => {
    const [states, ...pressed] = await Promise.all([
      onecount.read(
        COLD.map(post => post.id),
        'session-1',
      ),
      ...Array.from({ length: 50 }, (_, i) => onecount.set(WARM.id, `visitor-${i}`, true)),
    ])
    expect(pressed.filter(({ source }) => source !== 'redis')).toEqual([])
    for (const { id, base } of COLD)
      expect(states.get(id)).toMatchObject({ count: base + RATINGS, liked: true, source: 'redis' })
  })
})

/** Keys of one post, and keys of one session. */
const OF_POST = ['meta', 'likes', 'liked'] as const
const OF_SESSION = ['ops', 'sessions'] as const
const WRONG = 'of-another-type'

describe('a key of the wrong type', () => {
  const [BROKEN, OTHER] = [COLD[0]!, COLD[1]!]
  const PAGE = [WARM, BROKEN, OTHER].map(post => post.id)
  let ports: Interrupted
  beforeEach(async () => {
    await stores.begin([WARM, BROKEN, OTHER])
    ports = interrupted(stores.ports())
    onecount = stores.instance(ports)
    for (const session of ['ana', 'ben']) await onecount.set(BROKEN.id, session, true)
    await onecount.read(PAGE)
    await onecount.drainer.flush()
  })

  async function breakKey(key: (typeof OF_POST)[number] | (typeof OF_SESSION)[number]): Promise<void> {
    const isOfSession = OF_SESSION.some(name => name === key)
    const name = stores.keys[key](isOfSession ? 'ana' : BROKEN.id)
    await stores.redis.del(name)
    await stores.redis.lpush(name, 'not what belongs here')
  }

  it.each([...OF_POST, ...OF_SESSION])(
    'in place of %s leaves the page exact, for every session',
    async key => {
      await breakKey(key)
      for (const session of ['ana', 'ben']) {
        const states = [...(await onecount.read(PAGE, session)).values()]
        expect(states.map(({ count, liked, source }) => [count, liked, source])).toEqual([
          [446, false, 'redis'],
          [2, true, 'redis'],
          [1, false, 'redis'],
        ])
      }
    },
  )

  it.each([...OF_POST, ...OF_SESSION])('in place of %s: presses count, and the drain goes on', async key => {
    await breakKey(key)
    expect(await onecount.set(BROKEN.id, 'ana', false)).toMatchObject({ count: 1, source: 'redis' })
    expect(await onecount.set(OTHER.id, 'ana', true)).toMatchObject({ count: 2, source: 'redis' })
    expect(await onecount.set(OTHER.id, 'eva', true)).toMatchObject({ count: 3, source: 'redis' })
    await stores.sql`delete from post_ratings where session_id = 'ben'`
    await onecount.drainer.flush()
    const states = await onecount.read(PAGE, 'ana')
    expect([...states.values()].map(({ count, liked, source }) => [count, liked, source])).toEqual([
      [446, false, 'redis'],
      [0, false, 'redis'],
      [3, true, 'redis'],
    ])
    const bases = new Map([WARM, BROKEN, OTHER].map(post => [post.id, post.base]))
    expect([...(await expectBalanced(stores.sql, bases)).values()].sort((a, b) => a - b)).toEqual([0, 3, 446])
  })

  it('is no reason to ask Postgres for the other posts of the page', async () => {
    await onecount.read(PAGE, 'ana')
    await breakKey('meta')
    const asked: string[][] = []
    const { redis, postgres } = stores.ports()
    const snapshot: typeof postgres.snapshot = query => {
      asked.push(query.postIds)
      return postgres.snapshot(query)
    }
    const watched = stores.instance({ redis, postgres: { ...postgres, snapshot } })
    await watched.read(PAGE, 'ana')
    expect(asked).toEqual([[BROKEN.id]])
  })

  it('of one post sends no press on another one to Postgres', async () => {
    // In place of a key that no script can get rid of by itself: the post is answered by Postgres.
    const broken = stores.keys.q
    const { redis, postgres } = stores.ports()
    onecount = stores.instance({
      redis: {
        run: (script, keys, args) =>
          redis.run(
            script,
            args.includes(BROKEN.id) ? keys.map(k => (k === broken ? WRONG : k)) : keys,
            args,
          ),
      },
      postgres,
    })
    await stores.redis.set(WRONG, 'a string')
    const press = (post: string, n: number) => onecount.set(post, `session-${n}`, true)
    const sessions = Array.from({ length: 20 }, (_, n) => n)
    for (let round = 0; round < 3; round++) {
      const refused = await Promise.all(sessions.map(n => press(BROKEN.id, 20 * round + n)))
      expect(new Set(refused.map(state => state.source))).toEqual(new Set(['postgres']))
      expect(await press(OTHER.id, round)).toMatchObject({ count: 2 + round, source: 'redis' })
    }
  })
})

describe('a post that cannot be hydrated now, as too much of it is pending,', () => {
  const [HELD, OTHER] = [COLD[0]!, COLD[1]!]
  const SESSIONS = Array.from({ length: 5 }, (_, i) => `session-${i}`)
  beforeEach(async () => {
    await stores.begin([HELD, OTHER, WARM])
    onecount = stores.instance({ settings: { pendingMost: 4 } })
    await onecount.drainer.flush()
    for (const session of SESSIONS) await onecount.set(HELD.id, session, true)
    await stores.redis.del(...[HELD, OTHER].map(post => stores.keys.meta(post.id)))
  })

  it('is answered by Postgres, and the others of the page by Redis', async () => {
    const states = await onecount.read([WARM.id, HELD.id, OTHER.id], 'session-1')
    expect([...states.values()].map(({ count, source }) => [count, source])).toEqual([
      [446, 'redis'],
      // Postgres has none of its likes, and Redis has the one of the session that asks.
      [1, 'postgres'],
      [1, 'redis'],
    ])
  })

  it('takes presses all the same, and is exact once they are drained', async () => {
    expect(await onecount.set(HELD.id, 'ana', true)).toMatchObject({ count: 1, liked: true, durable: false })
    const shown = (await onecount.read([HELD.id], 'ana')).get(HELD.id)
    expect(shown).toMatchObject({ count: 1, liked: true, durable: false, source: 'postgres' })
    expect(await onecount.set(HELD.id, 'session-1', false)).toMatchObject({ count: 0, liked: false })
    expect(await onecount.set(OTHER.id, 'ana', true)).toMatchObject({ count: 2, source: 'redis' })
    while ((await onecount.drainer.flush()).more);
    const states = await onecount.read([WARM.id, HELD.id, OTHER.id], 'ana')
    expect([...states.values()].map(({ count, liked, source }) => [count, liked, source])).toEqual([
      [446, false, 'redis'],
      [5, true, 'redis'],
      [2, true, 'redis'],
    ])
  })
})

describe('a session that Redis does not know, while Postgres is down,', () => {
  it('leaves the counts of its page and the hearts of others as they are', async () => {
    await stores.begin([WARM, COLD[0]!])
    const ports = interrupted(stores.ports())
    onecount = stores.instance(ports)
    await onecount.set(WARM.id, 'ana', true)
    ports.fail('never arrives', 'postgres')
    const [shown, known] = await Promise.all([
      onecount.read([WARM.id], 'new'),
      onecount.read([WARM.id], 'ana'),
    ])
    expect(shown.get(WARM.id)).toMatchObject({ count: 447, liked: null, source: 'lagging' })
    expect(known.get(WARM.id)).toMatchObject({ count: 447, liked: true, source: 'redis' })
  })
})
