import { createOnecount, type OnecountOptions } from 'onecount'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { type Interrupted, interrupted } from './support/interrupted'
import { BARRED, beginRefusing, FULL, MAX, OTHER, POSTS } from './support/refusing'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
let ports: Interrupted
let warnings: string[]
beforeEach(async () => {
  await beginRefusing(stores)
  ports = interrupted(stores.ports())
  warnings = []
})
afterEach(() => stores.sql.unsafe('drop function if exists barred cascade'))

const instance = (options: Partial<OnecountOptions> = {}) =>
  createOnecount({ ...ports, log: { warn: line => void warnings.push(line) }, ...options })
const caught = (work: Promise<unknown>) => work.catch((error: unknown) => error)
const see = async (onecount: ReturnType<typeof instance>, id: string, session: string) =>
  (await onecount.read([id], session)).get(id)!

describe('one op that Postgres refuses', () => {
  it('stops no other, is set aside, and both stores show what Postgres holds', async () => {
    const onecount = instance()
    const pressed = await onecount.set(FULL.id, 'a-session-that-is-long', true)
    expect(pressed).toMatchObject({ count: MAX + 1, liked: true })
    for (const { id } of POSTS.slice(1)) await onecount.set(id, 'ana', true)
    expect(await onecount.drainer.flush()).toEqual({ drained: POSTS.length - 1, more: false })

    const after = await see(onecount, FULL.id, 'a-session-that-is-long')
    expect(after).toMatchObject({ count: MAX, liked: false, source: 'redis' })
    expect(after.rev).toBeGreaterThan(pressed.rev)
    expect(await stores.redis.smembers(stores.keys.sessions('a-session-that-is-long'))).toEqual([])
    expect(await see(onecount, OTHER.id, 'ana')).toMatchObject({ count: 11, liked: true, durable: true })
    expect(await onecount.health()).toMatchObject({
      status: 'degraded',
      postgres: 'up',
      pending: 0,
      refused: 1,
      paused: null,
    })
    expect(warnings).toEqual([
      `postgres refused the like of ${FULL.id} by a-sess…, which is set aside: integer out of range (22003). ` +
        'See npx onecount refused',
    ])
  })

  it('lands once when it is tried again after its cause is gone, and Redis follows', async () => {
    const onecount = instance()
    const { op } = await onecount.set(FULL.id, 'ana', true)
    await onecount.drainer.flush()
    await stores.unnoticed(sql => sql`update posts_new set likes = 5 where id = ${FULL.id}`)
    const { postgres } = onecount.stores
    const refused = await postgres.refused({}, null, 10)
    expect(refused).toMatchObject([{ postId: FULL.id, sessionId: 'ana', op, sqlstate: '22003' }])
    expect(await postgres.retryRefused(refused)).toEqual({ landed: 1, refused: 0 })
    expect(await postgres.retryRefused(refused)).toEqual({ landed: 0, refused: 0 })
    await onecount.rehydrate(FULL.id)
    await onecount.drainer.flush()
    expect(await see(onecount, FULL.id, 'ana')).toMatchObject({ count: 6, liked: true, op, durable: true })
    expect(await onecount.health()).toMatchObject({ status: 'ok', refused: 0, unseen: 0 })
  })

  it('is not said to be in force, and a repeat that waits for Postgres hears that it is refused', async () => {
    const onecount = instance()
    const { op } = await onecount.set(FULL.id, 'ana', true)
    await onecount.drainer.flush()
    expect(await see(onecount, FULL.id, 'ana')).toMatchObject({ liked: false, op: null, durable: null })
    expect(await caught(onecount.set(FULL.id, 'ana', true, { op, ack: 'postgres' }))).toMatchObject({
      code: 'refused',
    })
    expect(await see(onecount, FULL.id, 'ana')).toMatchObject({ count: MAX, liked: false, op: null })
  })

  it('is overtaken by a newer op of its pair, which counts on its own', async () => {
    const onecount = instance()
    await stores.sql.unsafe(BARRED)
    await onecount.set(OTHER.id, 'barred-ana', true)
    await onecount.drainer.flush()
    expect(await onecount.health()).toMatchObject({ refused: 1 })
    await stores.sql.unsafe('drop function barred cascade')
    await onecount.set(OTHER.id, 'barred-ana', true)
    await onecount.drainer.flush()
    expect(await onecount.health()).toMatchObject({ status: 'ok', refused: 0 })
    expect(await see(onecount, OTHER.id, 'barred-ana')).toMatchObject({ count: 11, liked: true })
  })

  it.each(['by hand', 'by the engine'])('is forgotten with its post, removed %s', async how => {
    const onecount = instance()
    await onecount.set(FULL.id, 'ana', true)
    await onecount.drainer.flush()
    expect(await stores.sql`select session_id from like_refused`).toEqual([{ session_id: 'ana' }])
    if (how === 'by hand') await stores.sql`delete from posts_new where id = ${FULL.id}`
    else await onecount.removePost(FULL.id)
    expect(await stores.sql`select * from like_refused`).toEqual([])
  })

  it('is forgotten with its session', async () => {
    const onecount = instance()
    await onecount.set(FULL.id, 'ana', true)
    await onecount.set(FULL.id, 'ben', true)
    await onecount.drainer.flush()
    await onecount.removeSession('ana')
    expect(await onecount.stores.postgres.refused({}, null, 10)).toMatchObject([{ sessionId: 'ben' }])
  })

  it('is one of ten in a batch of a thousand: the others land at once, in one call', async () => {
    const onecount = instance()
    await stores.sql.unsafe(BARRED)
    await onecount.drainer.flush()
    const names = Array.from({ length: 1000 }, (_, i) => (i % 100 === 37 ? `barred-${i}` : `s-${i}`))
    await Promise.all(names.map((session, i) => onecount.set(POSTS[1 + (i % 29)]!.id, session, true)))
    ports.calls.length = 0
    await onecount.drainer.tick()
    expect(ports.count('postgres.sync')).toBe(1)
    expect(await onecount.health()).toMatchObject({ pending: 0, refused: 10 })
    const [row] = await stores.sql`select count(*)::integer as n from post_ratings`
    expect(row!.n).toBe(990)
    await onecount.drainer.flush()
    await onecount.read(POSTS.map(post => post.id))
    for (const post of POSTS.slice(1)) {
      const { redis, postgres } = await stores.compare(post)
      expect(redis).toEqual(postgres)
    }
  })

  it('is logged ten times a minute at most', async () => {
    let now = Date.now()
    const onecount = instance({ clock: () => now })
    await stores.sql.unsafe(BARRED)
    const press = async (prefix: string, n: number) => {
      for (let i = 0; i < n; i++) await onecount.set(OTHER.id, `barred-${prefix}${i}`, true)
      await onecount.drainer.flush()
    }
    await press('a', 14)
    expect(warnings).toHaveLength(11)
    expect(warnings.at(-1)).toBe('postgres refuses more ops than are logged: npx onecount refused')
    now += 61_000
    await press('b', 1)
    expect(warnings.slice(11)).toMatchObject([
      'postgres refused 4 more ops: npx onecount refused',
      expect.stringContaining('barred-b0'),
    ])
  })
})

describe('whatever fails meanwhile', () => {
  it.each(['postgres.sync', 'redis.settle'] as const)(
    'the answer of %s is lost: the next tick ends it',
    async call => {
      const onecount = instance()
      await onecount.set(FULL.id, 'ana', true)
      await onecount.set(OTHER.id, 'ana', true)
      await onecount.drainer.tick()
      ports.failOnce('answer lost', call)
      await onecount.drainer.tick().catch(() => {})
      await onecount.drainer.flush()
      expect(await see(onecount, FULL.id, 'ana')).toMatchObject({ count: MAX, liked: false })
      expect(await see(onecount, OTHER.id, 'ana')).toMatchObject({ count: 11, liked: true })
      expect(await onecount.health()).toMatchObject({ pending: 0, refused: 1 })
    },
  )

  it('a process that dies before Redis is told leaves the op to the next one', async () => {
    const dying = instance()
    await dying.drainer.flush()
    await dying.set(FULL.id, 'ana', true)
    ports.failOnce('never arrives', 'redis.settle')
    await dying.drainer.tick().catch(() => {})
    expect(await dying.health()).toMatchObject({ pending: 1, refused: 1 })
    const next = instance()
    await next.drainer.flush()
    expect(await next.health()).toMatchObject({ pending: 0, refused: 1 })
    expect(await see(next, FULL.id, 'ana')).toMatchObject({ count: MAX, liked: false })
  })

  it('several drain at once', async () => {
    await stores.sql.unsafe(BARRED)
    const instances = Array.from({ length: 4 }, () => instance({ settings: { batchSize: 7 } }))
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        instances[i % 4]!.set(POSTS[1 + (i % 3)]!.id, i % 5 ? `s-${i}` : `barred-${i}`, true),
      ),
    )
    await Promise.all(instances.map(one => one.drainer.flush()))
    expect(await instances[0]!.health()).toMatchObject({ pending: 0, refused: 12 })
    await instances[0]!.read(POSTS.map(post => post.id))
    for (const post of POSTS.slice(1, 4)) {
      const { redis, postgres } = await stores.compare(post)
      expect(redis).toEqual(postgres)
    }
  })
})
