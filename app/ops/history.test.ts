import { createOnecount } from 'onecount'
import { createMetrics, type MetricValue } from 'onecount/metrics'
import { postgresJsPort } from 'onecount/postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../packages/onecount/test/support/databases'
import { forAllTests } from '../../packages/onecount/test/support/for-all-tests'
import { startStores } from '../../packages/onecount/test/support/stores'
import { type History, startHistory } from './history'
import { readMemory } from './memory'
import { KEPT_MS } from './point'
import { readRefused } from './refused'

const BEAR = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const FOX = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }
const EVERY_MS = 20

const stores = forAllTests(startStores)
let history: History | undefined
beforeEach(() => stores.begin([BEAR, FOX]))
afterEach(() => history?.stop())

/** An application with an eye on itself. Nothing drains it but the test. */
function start(postgres = stores.ports().postgres) {
  const metrics = createMetrics({ sample: { posts: 4, everyMs: 0 } })
  const engine = metrics.watchOne(
    createOnecount({
      redis: metrics.redis(stores.ports().redis),
      postgres: metrics.postgres(postgres),
      log: { warn() {} },
    }),
  )
  const noted = startHistory({ read: options => metrics.values(options), everyMs: EVERY_MS })
  history = noted
  const open = () => noted.incidents().flatMap(({ id, until }) => (until === null ? [id] : []))
  /** As a page does, again and again. */
  const look = async () => {
    await noted.watch(1000)
    return open()
  }
  /** What the stores say. */
  const ask = async () => {
    await noted.watch(1000)
    return noted.stores()?.said
  }
  /** How many there were in all, by what the points say a second. */
  const total = (name: 'presses' | 'drained' | 'lost' | 'byPostgres') =>
    noted
      .points()
      .reduce(
        (sum, point, i, all) => sum + point[name] * ((point.at - (all[i - 1]?.at ?? noted.since)) / 1000),
        0,
      )
  return { engine, noted, look, ask, open, total }
}

describe('the history that a process keeps of itself', () => {
  it('has presses, pending ops, and batches with their steps as points over time', async () => {
    const { engine, noted, look, ask, total } = start()
    await expect.poll(() => noted.points().length).toBeGreaterThan(1)
    await engine.set(BEAR.id, 'ana', true)
    await engine.set(FOX.id, 'ana', true)
    await expect.poll(() => total('presses')).toBeCloseTo(2, 0)
    await expect
      .poll(async () => {
        await look()
        return noted.points().at(-1)?.pending
      })
      .toBe(2)
    expect(noted.points().some(({ oldest }) => oldest !== null && oldest >= 0)).toBe(true)
    await engine.drainer.flush()
    await expect.poll(() => total('drained')).toBeCloseTo(2, 0)
    const drained = noted.points().filter(({ sync }) => sync !== null)
    expect(drained.length).toBeGreaterThan(0)
    for (const { sync } of drained) expect(sync).toBeGreaterThan(0)
    expect(noted.points().some(({ collect }) => collect !== null)).toBe(true)
    expect(noted.points().some(({ settle }) => settle !== null)).toBe(true)
    await expect.poll(ask).toMatchObject({
      status: 'ok',
      redis: 'up',
      postgres: 'up',
      isBreakerOpen: false,
      pending: 0,
      paused: null,
      drift: { differing: 0 },
    })
    expect(noted.incidents()).toEqual([])
  })

  it('has a Redis that is gone as an incident with its end, and the presses that Postgres accepted alone', async () => {
    const { engine, noted, look, ask, open, total } = start()
    await engine.set(BEAR.id, 'ana', true)
    await engine.drainer.flush()
    await expect.poll(async () => (await ask())?.redis).toBe('up')
    await stores.stopRedis()
    await expect.poll(look).toEqual(['redis'])
    expect(noted.stores()?.said).toMatchObject({ redis: 'down', postgres: 'up', pending: null })
    await engine.set(BEAR.id, 'ana', false)
    await expect.poll(() => total('byPostgres')).toBeCloseTo(1, 0)
    await stores.startRedisEmpty()
    await expect.poll(look).toEqual([])
    const [incident] = noted.incidents()
    expect(incident!.until! - incident!.since).toBeGreaterThan(0)
    expect(open()).toEqual([])
  })

  it('has a Postgres that is gone, and presses that fail without both stores', async () => {
    const sql = connect(stores.databaseUrl)
    const { engine, noted, look, open } = start(postgresJsPort(sql))
    await engine.set(BEAR.id, 'ana', true)
    await sql.end()
    await expect.poll(look).toEqual(['postgres'])
    expect(noted.stores()?.said).toMatchObject({ postgres: 'down', redis: 'up', pending: 1, refused: null })
    await stores.stopRedis()
    try {
      await expect.poll(look).toEqual(['down'])
      await expect(engine.set(FOX.id, 'ana', true)).rejects.toMatchObject({ code: 'unavailable' })
      await expect.poll(() => noted.incidents().map(({ id }) => id)).toContain('lost')
      await expect.poll(open).not.toContain('lost')
    } finally {
      await stores.startRedisEmpty()
    }
  })

  it('has counts that differ, until they are repaired', async () => {
    const { engine, look } = start()
    await engine.set(BEAR.id, 'ana', true)
    await engine.drainer.flush()
    const setLikes = (likes: number) =>
      stores.unnoticed(sql => sql`update posts_new set likes = ${likes} where id = ${BEAR.id}`)
    await setLikes(500)
    await expect.poll(look).toEqual(['drift'])
    await setLikes(447)
    await expect.poll(look).toEqual([])
  })

  it('has a like that waits for more than a minute', async () => {
    const { engine, look } = start()
    await engine.read([BEAR.id], 'ana')
    await engine.set(BEAR.id, 'ana', true, { op: 2 * (Date.now() - 61_000) * 1000 + 1 })
    await expect.poll(look).toEqual(['late'])
    await engine.drainer.flush()
    await expect.poll(look).toEqual([])
  })

  it('spans at most 15 minutes, and reads the stores rarely while no page asks', async () => {
    let now = 1_795_000_000_000
    let looks = 0
    const values: MetricValue[] = [
      { name: 'onecount_status', labels: { kind: 'like', status: 'ok' }, value: 1 },
      { name: 'onecount_store_up', labels: { kind: 'like', store: 'postgres' }, value: 1 },
    ]
    const noted = startHistory({
      // Two seconds pass with each point.
      now: () => now,
      everyMs: 1,
      async read({ stores: isStores }) {
        if (isStores) looks++
        else now += 2000
        return values
      },
    })
    history = noted
    await expect.poll(() => now - noted.since).toBeGreaterThan(2 * KEPT_MS)
    noted.stop()
    const points = noted.points()
    expect(points.at(-1)!.at - points[0]!.at).toBeLessThanOrEqual(KEPT_MS)
    expect(points.length).toBeLessThanOrEqual(KEPT_MS / 2000 + 1)
    expect(looks).toBeLessThanOrEqual((now - noted.since) / 10_000 + 1)
    expect(points.filter(({ pending }) => pending !== null)).toEqual([])
  })
})

describe('readings that only the page needs', () => {
  it('memory by kind of key, of a few keys that are named and never searched for', async () => {
    const engine = stores.instance()
    for (const session of ['ana', 'ben', 'carla']) await engine.set(BEAR.id, session, true)
    await engine.drainer.flush()
    await engine.ranking(2)
    await stores.redis.config('RESETSTAT')
    const { used, limit, policy, keys, kinds } = await readMemory(stores.redis, engine)
    expect([used > 100_000, limit, policy, keys > 5]).toEqual([true, 0, 'noeviction', true])
    const named = Object.fromEntries(kinds.map(kind => [kind.name, kind]))
    expect(named['post:likes:…']).toMatchObject({ sampled: 1, isAll: false })
    expect(named['post:likes:…']!.mean).toBe(await stores.redis.memory('USAGE', stores.keys.likes(BEAR.id)))
    expect(named['likes:recent']).toMatchObject({ sampled: 1, isAll: true })
    for (const name of ['post:meta:…', 'post:liked:…', 'session:likes:…', 'session:ops:…', 'likes:rank'])
      expect(named[name]?.most, name).toBeGreaterThan(0)
    expect(JSON.stringify(kinds)).not.toMatch(/ana|ben|carla/)
    const stats = await stores.redis.info('commandstats')
    const commands = [...stats.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)]
    expect(commands.map(([, name]) => name)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/keys|scan/)]),
    )
    const calls = commands.reduce((sum, [, name, count]) => (name === 'info' ? sum : sum + Number(count)), 0)
    expect(calls).toBeLessThan(70)
  })

  it('refused ops by reason, without the sessions', async () => {
    const engine = stores.instance()
    await stores.sql.unsafe(`
      create function refuse_for_test() returns trigger language plpgsql as $$
      begin raise exception 'session % may not like this', new.session_id using errcode = '23514'; end $$;
      create trigger refuse_for_test before insert on post_ratings
        for each row when (new.post_id = '${FOX.id}') execute function refuse_for_test()`)
    try {
      const sessions = ['session-of-ana', 'session-of-ben']
      for (const session of sessions) {
        await engine.set(BEAR.id, session, true)
        await engine.set(FOX.id, session, true)
      }
      await engine.drainer.flush()
      await expect.poll(async () => (await engine.health()).refused).toBe(2)
      const { groups, hasMore } = await readRefused([engine])
      expect(groups).toEqual([
        {
          sqlstate: '23514',
          message: 'session … may not like this',
          ops: 2,
          postId: FOX.id,
          lastAt: expect.stringMatching(/^\d{4}-/),
        },
      ])
      expect(hasMore).toBe(false)
    } finally {
      await stores.sql.unsafe(`
        drop trigger refuse_for_test on post_ratings; drop function refuse_for_test()`)
    }
  })
})
