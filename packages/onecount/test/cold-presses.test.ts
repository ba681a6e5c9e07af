import { createOnecount, type Onecount, type PostgresPort, StoreUnavailable } from 'onecount'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { StoreRefused } from '../src/core/errors'
import { type Interrupted, interrupted } from './support/interrupted'
import { type Stores, startStores } from './support/stores'

const POSTS = Array.from({ length: 60 }, (_, i) => ({
  id: `50050001-aaaa-bbbb-cccc-ddddeeee00${String(i).padStart(2, '0')}`,
  base: 10 * i,
}))
const MISSING = '50050001-aaaa-bbbb-cccc-ddddeeee9999'
const PEOPLE = Array.from({ length: 50 }, (_, i) => `s${i}`)

let stores: Stores
let ports: Interrupted
let onecount: Onecount
beforeAll(async () => {
  stores = await startStores()
})
afterAll(() => stores.stop())
beforeEach(async () => {
  await stores.begin(POSTS)
  ports = interrupted(stores.ports())
  onecount = instance({})
  await onecount.drainer.flush()
  ports.calls.length = 0
})

const instance = (postgres: Partial<PostgresPort>) =>
  createOnecount({
    redis: ports.redis,
    postgres: new Proxy(ports.postgres, {
      get: (target, name) => postgres[name as keyof PostgresPort] ?? Reflect.get(target, name),
    }),
    log: { warn() {} },
  })
const likeAll = (of: Onecount, people: readonly string[] = PEOPLE) =>
  Promise.all(people.map((session, i) => of.set(POSTS[i]!.id, session, true)))
/** An instance that hears of its first presses, so many of them, in one turn. */
function hearing(presses: number): Onecount {
  let left = presses
  let hear = () => {}
  const all = new Promise<void>(resolve => (hear = resolve))
  const redis: typeof ports.redis = {
    async run(script, ...call) {
      const reply = await ports.redis.run(script, ...call)
      if (script !== 'press' || left <= 0) return reply
      if (--left === 0) hear()
      return all.then(() => reply)
    },
  }
  return createOnecount({ redis, postgres: ports.postgres, log: { warn() {} } })
}
const exact = (people: readonly string[] = PEOPLE) =>
  people.map((_, i) => expect.objectContaining({ count: 10 * i + 1, liked: true, source: 'redis' }))
const refused = () => new StoreRefused('22P02', 'something of one of them')

describe('presses of people and posts that are not in Redis, in one turn of the process,', () => {
  it('share one read of Postgres and one call for the posts, one for the sessions', async () => {
    expect(await likeAll(hearing(PEOPLE.length))).toEqual(exact())
    expect([...ports.calls].sort()).toEqual([
      'postgres.snapshots',
      'redis.install-posts',
      'redis.install-sessions',
      ...PEOPLE.flatMap(() => ['redis.press', 'redis.press']),
    ])
  })

  it('do not ask for a post that is warm', async () => {
    await onecount.read(POSTS.map(({ id }) => id))
    ports.calls.length = 0
    expect(await likeAll(onecount)).toEqual(exact())
    expect(ports.count('redis.install-posts')).toBe(0)
  })

  it('of one person on many posts make the session known once', async () => {
    const of = hearing(20)
    const states = await Promise.all(POSTS.slice(0, 20).map(({ id }) => of.set(id, 'ana', true)))
    expect(states).toEqual(exact(PEOPLE.slice(0, 20)))
    expect(ports.count('postgres.snapshot')).toBe(1)
    expect(ports.count('redis.install-sessions')).toBe(1)
  })

  it('share calls with pages', async () => {
    const [states, page] = await Promise.all([
      likeAll(onecount),
      onecount.read(
        POSTS.map(({ id }) => id),
        'reader',
      ),
    ])
    expect(states).toEqual(exact())
    expect([...page.values()].every(({ source, liked }) => source === 'redis' && liked === false)).toBe(true)
    expect(ports.count('postgres.snapshots')).toBeLessThan(10)
  })

  it('on a post that is not there do not hold up the others', async () => {
    const presses = [MISSING, ...POSTS.slice(1, 10).map(({ id }) => id)]
    const [first, ...others] = await Promise.allSettled(
      presses.map((id, i) => onecount.set(id, PEOPLE[i]!, true)),
    )
    expect(first).toMatchObject({ reason: { code: 'post_not_found' } })
    expect(others.map(outcome => (outcome.status === 'fulfilled' ? outcome.value : null))).toEqual(
      exact(PEOPLE.slice(0, 10)).slice(1),
    )
  })

  it('are made known in calls of some hundred ops, however much each session likes', async () => {
    const likes = PEOPLE.slice(0, 12).flatMap(session =>
      POSTS.map(({ id }) => ({ postId: id, sessionId: session, op: 3 })),
    )
    await ports.postgres.write(
      likes.map(pair => ({ ...pair, liked: true })),
      1,
    )
    await onecount.drainer.flush()
    const ops: number[] = []
    const redis = {
      run: (...call: Parameters<typeof ports.redis.run>) => {
        if (call[0] === 'install-sessions') ops.push(call[2].length / 2)
        return ports.redis.run(...call)
      },
    }
    const watched = createOnecount({ redis, postgres: ports.postgres, log: { warn() {} } })
    const states = await Promise.all(
      PEOPLE.slice(0, 12).map((session, i) => watched.set(POSTS[i]!.id, session, false)),
    )
    for (const state of states) expect(state).toMatchObject({ liked: false, source: 'redis' })
    expect(ops.length).toBeGreaterThan(1)
    expect(Math.max(...ops)).toBeLessThan(600)
  })
})

describe('an error of one of many cold presses', () => {
  it('touches no other: where Postgres refuses a call for many, each session is read in a call of its own', async () => {
    const of = instance({ snapshots: () => Promise.reject(refused()) })
    expect(await likeAll(of)).toEqual(exact())
  })

  it('stays with its session: where Postgres refuses one of them, the others are exact', async () => {
    const of = instance({
      snapshots: () => Promise.reject(refused()),
      snapshot: query =>
        query.sessionId === 's3' ? Promise.reject(refused()) : ports.postgres.snapshot(query),
    })
    const states = await likeAll(of)
    expect(states.filter((_, i) => i !== 3)).toEqual(exact().filter((_, i) => i !== 3))
    expect(states[3]).toMatchObject({ liked: true, count: null, durable: false })
    await of.drainer.flush()
    const { id: post } = POSTS[3]!
    expect((await onecount.read([post], 's3')).get(post)).toMatchObject({
      count: 31,
      liked: true,
      source: 'redis',
    })
  })

  it('touches no other: where Redis refuses a call for many, each is installed alone', async () => {
    const redis = {
      run: (...call: Parameters<typeof ports.redis.run>) =>
        call[0] === 'install-sessions' && call[1].length > 2
          ? Promise.reject(new StoreUnavailable('redis', 'something of one of them', 'call'))
          : ports.redis.run(...call),
    }
    const of = createOnecount({ redis, postgres: ports.postgres, log: { warn() {} } })
    expect(await likeAll(of)).toEqual(exact())
  })

  it('touches no other: keys of another type', async () => {
    await stores.redis.set(stores.keys.ops('s1'), 'not ops')
    await stores.redis.sadd(stores.keys.meta(POSTS[2]!.id), 'not numbers')
    expect(await likeAll(onecount)).toEqual(exact())
  })

  it('does not keep presses of later waiting: a Postgres that hangs is asked again for them', async () => {
    let hangs = 0
    const of = instance({
      snapshot: query => {
        if (query.sessionId?.startsWith('stuck') && hangs++ < 4) return new Promise<never>(() => {})
        return ports.postgres.snapshot(query)
      },
    })
    for (let i = 0; i < 4; i++) {
      of.set(POSTS[i]!.id, `stuck-${i}`, true).catch(() => {})
      await expect.poll(() => hangs).toBe(i + 1)
    }
    expect(await of.set(POSTS[9]!.id, 'ana', true)).toMatchObject({ count: 91, source: 'redis' })
  })
})
