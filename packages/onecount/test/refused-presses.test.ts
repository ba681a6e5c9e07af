import { createOnecount, OnecountError, type OnecountOptions } from 'onecount'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { type Interrupted, interrupted } from './support/interrupted'
import { BARRED, beginRefusing, FULL, OTHER } from './support/refusing'
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

describe('a caller that waits for durability', () => {
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
    await onecount.drainer.flush()
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

describe('a press of a cold post that is refused while it is answered', () => {
  it('is not shown as exact', async () => {
    const drainer = instance()
    await drainer.drainer.flush()
    ports.fail('never arrives', 'postgres')
    const { op } = await drainer.set(FULL.id, 'ana', true)
    ports.restore()
    const { redis, postgres } = stores.ports()
    let isDrained = false
    const repeating = createOnecount({
      postgres,
      redis: {
        async run(script, ...call) {
          if (script === 'read' && !isDrained) {
            isDrained = true
            await drainer.drainer.flush()
          }
          return redis.run(script, ...call)
        },
      },
    })
    expect(await repeating.set(FULL.id, 'ana', true, { op })).toMatchObject({ source: 'lagging' })
    expect(isDrained).toBe(true)
    const [row] = await stores.sql`select likes from posts_new where id = ${FULL.id}`
    expect((await repeating.read([FULL.id], 'ana')).get(FULL.id)).toMatchObject({
      count: Number(row!.likes),
      liked: false,
      source: 'redis',
    })
  })
})

describe('a Postgres that refuses every op', () => {
  it('pauses the drain, which keeps every op, says why, and resumes once Postgres is repaired', async () => {
    const onecount = instance({ drain: { lingerMs: 1, idleMs: 50, maxBackoffMs: 50 } })
    await onecount.drainer.flush()
    const underWay = () =>
      ports.count('postgres.sync') - ports.count('redis.settle') - ports.count('redis.abandon')
    const atRest = underWay()
    await stores.sql.unsafe('alter table post_ratings add column app text check (app is not null)')
    onecount.drainer.start()
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
    // A batch that was handed out to two may land for one of them after the other has dropped it: the loop alone goes on.
    await expect.poll(underWay, { interval: 1 }).toBe(atRest)
    await stores.sql.unsafe('alter table post_ratings drop column app')
    await expect.poll(() => onecount.health()).toMatchObject({ status: 'ok', pending: 0, paused: null })
    expect(warnings.slice(1)).toEqual(['drain resumed'])
    await onecount.drainer.stop()
    expect((await stores.compare(OTHER)).postgres.members).toEqual(['ana', 'ben'])
  })
})

describe('a trigger that refuses every op and names sessions', () => {
  const SESSIONS = ['a-session-that-is-long', 'another-session-that-is-long']
  beforeEach(() => stores.sql.unsafe(BARRED.replace("'barred%'", "'%'")))

  it('is logged once, without them', async () => {
    const onecount = instance({ drain: { lingerMs: 1, idleMs: 5, maxBackoffMs: 5 } })
    await onecount.drainer.flush()
    onecount.drainer.start()
    let ticks = 0
    for (const session of SESSIONS) {
      await onecount.set(OTHER.id, session, true)
      const tried = () => ports.count('postgres.sync')
      ticks = tried() + 3
      await expect.poll(tried).toBeGreaterThan(ticks)
    }
    await onecount.drainer.stop({ budgetMs: 0 })
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
