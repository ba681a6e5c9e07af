import { createOnecount, OnecountError, type OnecountOptions } from 'onecount'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Interrupted, interrupted } from './support/interrupted'
import { type Stores, startStores } from './support/stores'

const POSTS = Array.from({ length: 30 }, (_, i) => ({
  id: `80080000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base: 10,
}))
const [FULL, OTHER] = POSTS as [(typeof POSTS)[0], (typeof POSTS)[0]]
const MAX = 2147483647
const BARRED = `
  create function barred() returns trigger language plpgsql as
    $$ begin raise exception 'session % is barred', new.session_id; end $$;
  create trigger barred before insert on post_ratings for each row when (new.session_id like 'barred%')
    execute function barred()`

let stores: Stores
let ports: Interrupted
let warnings: string[]
beforeAll(async () => {
  stores = await startStores()
})
afterAll(() => stores.stop())
beforeEach(async () => {
  await stores.begin(POSTS)
  await stores.unnoticed(sql => sql`update posts_new set likes = ${MAX} where id = ${FULL.id}`)
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
    expect(await onecount.drainOnce()).toEqual({ drained: POSTS.length - 1, more: false })

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
    await onecount.drainOnce()
    await stores.unnoticed(sql => sql`update posts_new set likes = 5 where id = ${FULL.id}`)
    const { postgres } = onecount.stores
    const refused = await postgres.refused({}, null, 10)
    expect(refused).toMatchObject([{ postId: FULL.id, sessionId: 'ana', op, sqlstate: '22003' }])
    expect(await postgres.retryRefused(refused)).toEqual({ landed: 1, refused: 0 })
    expect(await postgres.retryRefused(refused)).toEqual({ landed: 0, refused: 0 })
    await onecount.rehydrate(FULL.id)
    await onecount.drainOnce()
    expect(await see(onecount, FULL.id, 'ana')).toMatchObject({ count: 6, liked: true, op, durable: true })
    expect(await onecount.health()).toMatchObject({ status: 'ok', refused: 0, unseen: 0 })
  })

  it('is not said to be in force, and a repeat that waits for Postgres hears that it is refused', async () => {
    const onecount = instance()
    const { op } = await onecount.set(FULL.id, 'ana', true)
    await onecount.drainOnce()
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
    await onecount.drainOnce()
    expect(await onecount.health()).toMatchObject({ refused: 1 })
    await stores.sql.unsafe('drop function barred cascade')
    await onecount.set(OTHER.id, 'barred-ana', true)
    await onecount.drainOnce()
    expect(await onecount.health()).toMatchObject({ status: 'ok', refused: 0 })
    expect(await see(onecount, OTHER.id, 'barred-ana')).toMatchObject({ count: 11, liked: true })
  })

  it.each(['by hand', 'by the engine'])('is forgotten with its post, removed %s', async how => {
    const onecount = instance()
    await onecount.set(FULL.id, 'ana', true)
    await onecount.drainOnce()
    expect(await stores.sql`select session_id from like_refused`).toEqual([{ session_id: 'ana' }])
    if (how === 'by hand') await stores.sql`delete from posts_new where id = ${FULL.id}`
    else await onecount.removePost(FULL.id)
    expect(await stores.sql`select * from like_refused`).toEqual([])
  })

  it('is forgotten with its session', async () => {
    const onecount = instance()
    await onecount.set(FULL.id, 'ana', true)
    await onecount.set(FULL.id, 'ben', true)
    await onecount.drainOnce()
    await onecount.removeSession('ana')
    expect(await onecount.stores.postgres.refused({}, null, 10)).toMatchObject([{ sessionId: 'ben' }])
  })

  it('is one of ten in a batch of a thousand: the others land at once, in one call', async () => {
    const onecount = instance()
    await stores.sql.unsafe(BARRED)
    await onecount.drainOnce()
    const names = Array.from({ length: 1000 }, (_, i) => (i % 100 === 37 ? `barred-${i}` : `s-${i}`))
    await Promise.all(names.map((session, i) => onecount.set(POSTS[1 + (i % 29)]!.id, session, true)))
    ports.calls.length = 0
    await onecount.drain.once()
    expect(ports.count('postgres.sync')).toBe(1)
    expect(await onecount.health()).toMatchObject({ pending: 0, refused: 10 })
    const [row] = await stores.sql`select count(*)::integer as n from post_ratings`
    expect(row!.n).toBe(990)
    await onecount.drainOnce()
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
      await onecount.drainOnce()
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
      await onecount.drain.once()
      ports.failOnce('answer lost', call)
      await onecount.drain.once().catch(() => {})
      await onecount.drainOnce()
      expect(await see(onecount, FULL.id, 'ana')).toMatchObject({ count: MAX, liked: false })
      expect(await see(onecount, OTHER.id, 'ana')).toMatchObject({ count: 11, liked: true })
      expect(await onecount.health()).toMatchObject({ pending: 0, refused: 1 })
    },
  )

  it('a process that dies before Redis is told leaves the op to the next one', async () => {
    const dying = instance()
    await dying.drainOnce()
    await dying.set(FULL.id, 'ana', true)
    ports.failOnce('never arrives', 'redis.settle')
    await dying.drain.once().catch(() => {})
    expect(await dying.health()).toMatchObject({ pending: 1, refused: 1 })
    const next = instance()
    await next.drainOnce()
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
    await Promise.all(instances.map(one => one.drainOnce()))
    expect(await instances[0]!.health()).toMatchObject({ pending: 0, refused: 12 })
    await instances[0]!.read(POSTS.map(post => post.id))
    for (const post of POSTS.slice(1, 4)) {
      const { redis, postgres } = await stores.compare(post)
      expect(redis).toEqual(postgres)
    }
  })
})

describe('who waits for durability', () => {
  it("is told with ack: 'postgres', and the repeat of a kept press ends there", async () => {
    const onecount = instance({ ack: 'postgres' })
    const [one, other] = await Promise.all([
      caught(onecount.set(FULL.id, 'ana', true)),
      onecount.set(OTHER.id, 'ana', true),
    ])
    expect(one).toBeInstanceOf(OnecountError)
    expect(one).toMatchObject({ code: 'refused', status: 422 })
    expect(other).toMatchObject({ durable: true })
    const { op } = await instance({ ack: 'redis' }).set(FULL.id, 'ben', true)
    await onecount.drainOnce()
    expect(await caught(onecount.set(FULL.id, 'ben', true, { op }))).toMatchObject({ code: 'refused' })
    expect(await onecount.health()).toMatchObject({ refused: 2, pending: 0 })
  })

  it('is told where Postgres serves alone', async () => {
    const onecount = createOnecount({ redis: null, postgres: ports.postgres })
    expect(await caught(onecount.set(FULL.id, 'ana', true))).toMatchObject({ code: 'refused' })
    expect(await onecount.set(OTHER.id, 'ana', true)).toMatchObject({ durable: true })
    expect(await onecount.health()).toMatchObject({ refused: 0, status: 'ok' })
  })
})

describe('a Postgres that refuses every op', () => {
  it('pauses the drain, which keeps everything, says why, and goes on once it is mended', async () => {
    const onecount = instance({ drain: { lingerMs: 1, idleMs: 50, maxBackoffMs: 50 } })
    await onecount.drainOnce()
    await stores.sql.unsafe('alter table post_ratings add column app text check (app is not null)')
    onecount.drain.start()
    await onecount.set(OTHER.id, 'ana', true)
    await expect.poll(() => onecount.health()).toMatchObject({ paused: 'refused' })
    expect(await onecount.health()).toMatchObject({
      status: 'degraded',
      redis: 'up',
      postgres: 'up',
      pending: 1,
      refused: 0,
    })
    expect(warnings).toEqual([
      expect.stringMatching(
        /^drain paused: postgres refuses the call \(.*violates check constraint.*23514\)$/,
      ),
    ])
    expect(await caught(onecount.set(OTHER.id, 'ben', true, { ack: 'postgres' }))).toMatchObject({
      code: 'unavailable',
    })
    await stores.sql.unsafe('alter table post_ratings drop column app')
    await expect.poll(() => onecount.health()).toMatchObject({ status: 'ok', pending: 0, paused: null })
    expect(warnings.slice(1)).toEqual(['drain resumed'])
    await onecount.drain.stop()
    expect((await stores.compare(OTHER)).postgres.members).toEqual(['ana', 'ben'])
  })
})

describe('a trigger that refuses every op and names sessions', () => {
  const SESSIONS = ['a-session-that-is-long', 'another-session-that-is-long']
  beforeEach(() => stores.sql.unsafe(BARRED.replace("'barred%'", "'%'")))

  it('is logged once, without them', async () => {
    const onecount = instance({ drain: { lingerMs: 1, idleMs: 5, maxBackoffMs: 5 } })
    await onecount.drainOnce()
    onecount.drain.start()
    let ticks = 0
    for (const session of SESSIONS) {
      await onecount.set(OTHER.id, session, true)
      const tried = () => ports.count('postgres.sync')
      ticks = tried() + 3
      await expect.poll(tried).toBeGreaterThan(ticks)
    }
    await onecount.drain.stop({ budgetMs: 0 })
    expect(warnings).toEqual(['drain paused: postgres refuses the call (session a-sess… is barred, P0001)'])
  })

  it('is told of a press on Postgres alone without them, too', async () => {
    const onecount = createOnecount({ redis: null, postgres: ports.postgres })
    const [error] = await Promise.all(SESSIONS.map(s => caught(onecount.set(OTHER.id, s, true))))
    expect(error).toMatchObject({ code: 'unavailable', options: { cause: { sqlstate: 'P0001' } } })
    expect(String((error as OnecountError).options.cause)).not.toMatch(/session-that-is-long/)
  })
})

describe('health', () => {
  it('is degraded while ops wait for longer than a minute', async () => {
    let now = Date.now()
    const onecount = instance({ clock: () => now })
    await onecount.set(OTHER.id, 'ana', true)
    expect(await onecount.health()).toMatchObject({ status: 'ok' })
    now += 61_000
    expect(await onecount.health()).toMatchObject({ status: 'degraded', paused: null })
  })
})
