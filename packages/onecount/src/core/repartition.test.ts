import { beforeEach, describe, expect, it } from 'vitest'
import { beside } from '../../test/support/beside'
import { forAllTests } from '../../test/support/for-all-tests'
import { startStores } from '../../test/support/stores'
import { Repartitioned } from './errors'
import type { Onecount } from './onecount'
import { repartition } from './repartition'

const POSTS = Array.from({ length: 8 }, (_, i) => ({
  id: `50050001-aaaa-bbbb-cccc-ddddeeee000${i}`,
  base: 10 * i,
}))
const IDS = POSTS.map(post => post.id)

const stores = forAllTests(startStores)
beforeEach(async () => {
  await stores.begin(POSTS)
  await stores.ports().postgres.setPartitions(1)
})

const change = (from: number, to: number) =>
  repartition({ ...stores.ports(), from, to, now: () => Date.now() * 1000 })

const inPostgres = async () =>
  new Map((await stores.sql`select id, likes from posts_new`).map(({ id, likes }) => [id, Number(likes)]))

/** Likes by one session after the other until `end`, which answers what was acknowledged, by post. */
function crowd(instances: Onecount[]) {
  const liked = new Map(POSTS.map(({ id, base }) => [id, base]))
  let isOver = false
  let n = 0
  const lives = instances.map(async (onecount, i) => {
    while (!isOver) {
      const post = IDS[n % IDS.length]!
      await onecount.set(post, `visitor-${i}-${n++}`, true)
      liked.set(post, liked.get(post)! + 1)
    }
  })
  const life = Promise.all(lives)
  return {
    life,
    async end() {
      isOver = true
      await life
      return liked
    },
  }
}

describe('another number of partitions', () => {
  it.each([
    [1, 4],
    [4, 1],
    [4, 3],
  ])('from %i to %i while people like at processes of both: nothing is lost', async (from, to) => {
    await stores.ports().postgres.setPartitions(from)
    const before = stores.instance({ partitions: from, drain: { lingerMs: 5, idleMs: 50 } })
    const after = stores.instance({ partitions: to, drain: { lingerMs: 5, idleMs: 50 } })
    await before.drainer.flush()
    await before.read(IDS)
    before.drainer.start()
    const people = crowd([before, after])
    after.drainer.start()
    const likes = async () => [...(await inPostgres()).values()].reduce((a, b) => a + b)
    await beside(people.life, expect.poll(likes).toBeGreaterThan(400))
    await change(from, to)
    const reached = await likes()
    await beside(people.life, expect.poll(likes).toBeGreaterThan(reached + 100))
    const source = async () => (await after.read(IDS)).get(IDS[0]!)!.source
    await beside(people.life, expect.poll(source).not.toBe('postgres'))
    const liked = await people.end()

    await before.drainer.stop({ budgetMs: 0 })
    await after.drainer.flush()
    expect(await inPostgres()).toEqual(liked)
    const states = await after.read(IDS)
    for (const [id, count] of liked) expect(states.get(id)).toMatchObject({ count, source: 'redis' })
    await after.drainer.stop()
  })

  it('moves the pending ops, also after it was cut off', async () => {
    const before = stores.instance()
    await before.drainer.flush()
    for (let i = 0; i < 20; i++) await before.set(IDS[0]!, `s${i}`, true)
    const ports = stores.ports()
    const dying = {
      ...ports.postgres,
      write: async (...args: Parameters<typeof ports.postgres.write>) => {
        await ports.postgres.write(...args)
        throw new Error('cut off')
      },
    }
    await expect(
      repartition({ redis: ports.redis, postgres: dying, from: 1, to: 4, now: () => Date.now() * 1000 }),
    ).rejects.toThrow('cut off')
    expect(await change(1, 4)).toEqual({ moved: 20 })
    expect((await inPostgres()).get(IDS[0]!)).toBe(20)
    expect(await stores.redis.exists(stores.keys.closed)).toBe(0)
  })

  it('refuses a process that believes in the former one: Postgres serves it, and it says why', async () => {
    const warnings: string[] = []
    const log = { warn: (message: string) => void warnings.push(message) }
    await change(1, 2)
    const wrong = stores.instance({ log })
    await expect(wrong.drainer.flush()).rejects.toBeInstanceOf(Repartitioned)
    expect(await wrong.set(IDS[1]!, 'ana', true)).toMatchObject({
      count: 11,
      source: 'postgres',
      durable: true,
    })
    expect(await wrong.health()).toMatchObject({ status: 'degraded', paused: 'foreign' })
    wrong.drainer.start()
    await expect.poll(() => warnings.join()).toContain('set ONECOUNT_PARTITIONS=2')
    await wrong.drainer.stop({ budgetMs: 0 })
  })
})
