import { randomUUID } from 'node:crypto'
import type { Onecount } from 'onecount'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { interrupted } from './support/interrupted'
import { startStores } from './support/stores'

/** More than a filler brings in one page. */
const POSTS = Array.from({ length: 1100 }, (_, i) => ({
  id: `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base: 2000 - i,
}))
const FIRST = POSTS[0]!
const LAST = POSTS.at(-1)!

const stores = forAllTests(startStores)
let onecount: Onecount
beforeEach(async () => {
  await stores.begin(POSTS)
  onecount = stores.instance()
  await onecount.drainer.flush()
})

const isComplete = async () => {
  const [first] = await stores.redis.zrangebyscore(stores.keys.rank, -1, -1)
  return first?.startsWith('!epoch|') ?? false
}
/** Posts in the ranking of Redis, most liked first. */
const ranked = () => stores.redis.zrevrangebyscore(stores.keys.rank, '+inf', 0)
const score = (id: string) => stores.redis.zscore(stores.keys.rank, id)

async function complete(engine = onecount): Promise<void> {
  await expect
    .poll(async () => (await engine.ranking(1)) && (await isComplete()), { interval: 50 })
    .toBe(true)
}

/** Lets `during` happen after the given page of a filler has been read from Postgres, and before Redis gets it. */
function engineThatStopsAt(page: number, during: () => Promise<unknown>): Onecount {
  const ports = stores.ports()
  return stores.instance({
    postgres: ports.postgres,
    redis: {
      async run(script, keys, args) {
        if (script === 'fill' && args[2] === page) await during()
        return ports.redis.run(script, keys, args)
      },
    },
  })
}

describe('a ranking that is being built', () => {
  it('is built by one of many instances that begin at once, and lacks no post', async () => {
    const engines = Array.from({ length: 5 }, () => stores.instance())
    await Promise.all(engines.map(engine => engine.ranking(10)))
    await Promise.all(engines.map(complete))
    expect(await ranked()).toEqual(POSTS.map(post => post.id))
  })

  it('is not complete when the instance that builds it dies, and then is built by another', async () => {
    const ports = interrupted(stores.ports())
    const dying = stores.instance({
      postgres: ports.postgres,
      redis: {
        async run(script, keys, args) {
          if (script === 'fill' && args[2] === 1) ports.fail('hangs', 'redis')
          return ports.redis.run(script, keys, args)
        },
      },
    })
    await dying.ranking(10)
    await expect.poll(() => ports.count('redis.fill')).toBe(2)
    expect(await isComplete()).toBe(false)
    expect(await onecount.ranking(2)).toEqual(POSTS.slice(0, 2).map(post => post.id))
    expect(await isComplete()).toBe(false)
    // Its right runs out.
    await stores.redis.pexpire(stores.keys.filling, 1)
    await complete()
    expect(await ranked()).toHaveLength(POSTS.length)
  })

  it('is not completed by a slow instance after another has begun anew and died', async () => {
    const ports = interrupted(stores.ports())
    ports.fail('hangs', 'redis.fill')
    const second = stores.instance(ports)
    const first = engineThatStopsAt(1, async () => {
      if (ports.count('redis.fill') > 0) return
      await stores.redis.del(stores.keys.filling)
      await second.ranking(10)
      await expect.poll(() => ports.count('redis.fill')).toBe(1)
    })
    await first.ranking(10)
    await expect.poll(() => ports.count('redis.fill')).toBe(1)
    await stores.redis.del(stores.keys.filling)
    await complete()
    expect(await ranked()).toEqual(POSTS.map(post => post.id))
  })

  it('takes part in everything that happens meanwhile', async () => {
    const [liked, set, removed, byHand] = POSTS.slice(600) as [typeof FIRST, ...(typeof FIRST)[]]
    const made = { id: '00000000-0000-4000-8000-000000000001', base: 5000 }
    const engine = engineThatStopsAt(1, async () => {
      await onecount.set(liked.id, 'ana', true)
      await stores.sql`update posts_new set likes = 9000 where id = ${set!.id}`
      await stores.sql`delete from posts_new where id = ${byHand!.id}`
      await onecount.removePost(removed!.id)
      await stores.sql`insert into posts_new (id, author_id, caption, image_url, likes)
        select ${made.id}, author_id, '', '', ${made.base} from posts_new limit 1`
      await onecount.drainer.flush()
    })
    await engine.ranking(10)
    await complete(engine)
    expect((await ranked()).slice(0, 2)).toEqual([set!.id, made.id])
    expect(await score(liked.id)).toBe(String(liked.base + 1))
    expect(await score(removed!.id)).toBeNull()
    expect(await score(byHand!.id)).toBeNull()
    expect(await ranked()).toHaveLength(POSTS.length - 1)
    expect(await onecount.ranking(2)).toEqual([set!.id, made.id])
  })

  it('is given up when Redis was emptied meanwhile, and built again', async () => {
    let isFirst = true
    const engine = engineThatStopsAt(1, async () => {
      if (isFirst) await stores.redis.flushall()
      isFirst = false
    })
    await engine.ranking(10)
    await complete(engine)
    expect(await ranked()).toHaveLength(POSTS.length)
  })

  it('stays as it is for its readers when everything is hydrated anew', async () => {
    await complete()
    let isOver = false
    const work = onecount.hydrateAll().finally(() => {
      isOver = true
    })
    const other = stores.instance()
    while (!isOver) {
      expect(await isComplete()).toBe(true)
      expect(await other.ranking(3)).toEqual(POSTS.slice(0, 3).map(post => post.id))
    }
    await work
  })
})

describe('a ranking that is complete', () => {
  beforeEach(() => complete())

  it('keeps a post whose likes were set by hand, before it was read', async () => {
    await onecount.set(LAST.id, 'ana', true)
    await onecount.drainer.flush()
    await stores.sql`update posts_new set likes = 9000 where id in ${stores.sql([LAST.id, POSTS[900]!.id])}`
    const poll = async () => {
      expect(await ranked()).toHaveLength(POSTS.length)
      return (await onecount.ranking(2)).sort()
    }
    const drained = onecount.drainer.flush()
    await poll()
    await drained
    expect(await poll()).toEqual([POSTS[900]!.id, LAST.id].sort())
  })

  it.each(['by hand', 'by the engine'])('never has a post again that was removed %s', async how => {
    await onecount.read([FIRST.id])
    if (how === 'by hand') await stores.sql`delete from posts_new where id = ${FIRST.id}`
    else await onecount.removePost(FIRST.id)
    await onecount.drainer.flush()
    expect(await score(FIRST.id)).toBeNull()
    await onecount.read([FIRST.id])
    await onecount.set(FIRST.id, 'ana', true).catch(() => {})
    await onecount.drainer.flush()
    await stores.redis.zremrangebyscore(stores.keys.rank, -1, -1)
    await complete()
    expect(await score(FIRST.id)).toBeNull()
    expect((await onecount.ranking(1))[0]).toBe(POSTS[1]!.id)
  })

  it('soon has a post that was written into Postgres, though it was never read', async () => {
    const made = { id: randomUUID(), base: 7000 }
    await stores.sql`insert into posts_new (id, author_id, caption, image_url, likes)
      select ${made.id}, author_id, '', '', ${made.base} from posts_new limit 1`
    const other = stores.instance()
    await other.ranking(5)
    await expect.poll(() => other.ranking(1)).toEqual([made.id])
  })

  it('is rebuilt from a key of another type', async () => {
    await stores.redis.set(stores.keys.rank, 'not a ranking')
    expect(await onecount.ranking(1)).toEqual([FIRST.id])
    await complete()
  })
})

it('posts with equal counts stand in one order, whichever store answers', async () => {
  const equal = Array.from({ length: 30 }, () => ({ id: randomUUID(), base: 7 }))
  await stores.begin(equal)
  await onecount.drainer.flush()
  const byPostgres = await stores.instance({ redis: null }).ranking(30)
  expect(byPostgres).toEqual(
    equal
      .map(post => post.id)
      .sort()
      .reverse(),
  )
  const ofRedis = stores.instance()
  await complete(ofRedis)
  expect(await ofRedis.ranking(30)).toEqual(byPostgres)
})

describe('without Redis', () => {
  it('Postgres is asked once for all, and not again at once', async () => {
    const ports = interrupted(stores.ports())
    const alone = stores.instance({ redis: null, postgres: ports.postgres })
    const answers = await Promise.all(Array.from({ length: 100 }, () => alone.ranking(3)))
    for (const answer of answers) expect(answer).toEqual(POSTS.slice(0, 3).map(post => post.id))
    expect(await alone.ranking(1000)).toHaveLength(1000)
    expect(ports.count('postgres.ranking')).toBe(1)
    await stores.sql`update posts_new set likes = 9000 where id = ${LAST.id}`
    await expect.poll(() => alone.ranking(1)).toEqual([LAST.id])
  })

  it('and without Postgres a ranking fails as unavailable', async () => {
    const ports = interrupted(stores.ports())
    ports.fail('never arrives', 'postgres')
    const alone = stores.instance({ redis: null, postgres: ports.postgres })
    await expect(alone.ranking(3)).rejects.toMatchObject({ store: 'postgres' })
    ports.restore()
    expect(await alone.ranking(1)).toEqual([FIRST.id])
  })
})

it('a page of posts is a range of the primary key, also by statistics of an empty table', async () => {
  const authors = await stores.sql`select author_id from posts_new limit 1`
  await stores.sql`delete from posts_new`
  await stores.sql`vacuum analyze posts_new`
  await stores.sql`insert into posts_new (id, author_id, caption, image_url)
    select gen_random_uuid(), ${authors[0]!.author_id}, '', '' from generate_series(1, 30000)`
  const [row] = await stores.sql`explain (analyze, buffers, format json) select onecount_likes(null, 50)`
  const plan = row!['QUERY PLAN'][0].Plan
  expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(300)
})
