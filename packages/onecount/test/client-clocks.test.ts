import { nextOp } from 'onecount'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import * as skewed from './support/skewed'
import { likeAt, unlikeAt } from './support/skewed'
import { startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const HOUR = 3_600_000

const stores = forAllTests(startStores)
beforeEach(() => stores.begin([POST]))

const startServer = (skewMs: number, recentMs?: number) => skewed.startServer(stores, skewMs, recentMs)
const openBrowser = () => skewed.openBrowser(POST.id)
const settle = (...servers: skewed.Server[]) => skewed.settle(stores, POST, servers)

describe('a client whose clock is one hour ahead', () => {
  it.each(['Redis', 'Postgres'])('is refused by %s, again and again, and revives nothing', async store => {
    const server = startServer(0)
    const press = openBrowser()
    await press(server, 'PUT')
    if (store === 'Postgres') server.ports.fail('never arrives', 'redis')
    const op = likeAt(HOUR)
    const refused = await press(server, 'PUT', op)
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'op_ahead', field: 'op' } } })
    expect(Math.abs(refused.body.error.now - Date.now())).toBeLessThan(2000)
    await press(server, 'DELETE')
    expect((await press(server, 'PUT', op)).status).toBe(409)
    const restamped = nextOp(refused.body.error.now * 1000, 0, true)
    expect(await press(server, 'PUT', restamped)).toMatchObject({ status: 200, body: { liked: false } })
    server.ports.restore()
    expect(await settle(server)).toBe(446)
  })

  it('is refused on a post that was never read, and leaves no pending op', async () => {
    const refused = await openBrowser()(startServer(0), 'PUT', likeAt(HOUR))
    expect(refused.status).toBe(409)
    expect(await stores.redis.zcount(stores.keys.recent, '-inf', '+inf')).toBe(0)
    expect(await stores.redis.zrange(stores.keys.q, `[${POST.id}`, `(${POST.id}~`, 'BYLEX')).toEqual([])
    expect(await stores.redis.keys('session:likes:*')).toEqual([])
  })

  it('is told to try again where only Postgres could tell, and Postgres does not answer', async () => {
    const server = startServer(0)
    server.ports.fail('never arrives', 'postgres')
    const press = openBrowser()
    expect((await press(server, 'PUT', likeAt(HOUR))).body.error.code).toBe('unavailable')
    expect(await press(server, 'PUT', likeAt(0))).toMatchObject({ status: 200, body: { liked: true } })
  })
})

describe('an op that was sent before', () => {
  it('changes nothing when it comes again, also after Redis has forgotten the pair', async () => {
    const server = startServer(0, 0)
    const press = openBrowser()
    const op = likeAt(-1000)
    await press(server, 'PUT', op)
    await press(server, 'DELETE', unlikeAt(0))
    for (let i = 0; i < 3; i++) await settle(server)
    expect(await stores.redis.zcard(stores.keys.recent)).toBe(0)
    expect(await press(server, 'PUT', op)).toMatchObject({ status: 200, body: { count: 446, liked: false } })
    expect(await settle(server)).toBe(446)
  })

  it('changes nothing when it comes again, also after Redis was emptied', async () => {
    const server = startServer(0)
    const press = openBrowser()
    const op = likeAt(-2000)
    await press(server, 'PUT', op)
    await press(server, 'DELETE', unlikeAt(-1000))
    await settle(server)
    await stores.redis.flushall()
    await server.service.read([POST.id])
    expect(await press(server, 'PUT', op)).toMatchObject({ status: 200, body: { count: 446, liked: false } })
    expect(await settle(server)).toBe(446)
  })

  it('is accepted once more while Postgres does not answer, lags, and changes nothing in the end', async () => {
    const server = startServer(0)
    const press = openBrowser()
    const op = likeAt(-2000)
    await press(server, 'PUT', op)
    await press(server, 'DELETE', unlikeAt(-1000))
    await settle(server)
    await stores.redis.flushall()
    await server.service.read([POST.id])
    server.ports.fail('never arrives', 'postgres')
    expect(await press(server, 'PUT', op)).toMatchObject({
      status: 200,
      body: { count: 447, liked: true, durable: false, source: 'lagging' },
    })
    server.ports.restore()
    expect(await settle(server)).toBe(446)
  })

  it('is beaten by a press of this moment, also where neither is known to Redis', async () => {
    const server = startServer(0)
    const press = openBrowser()
    await press(server, 'PUT', likeAt(-2000))
    await settle(server)
    await stores.redis.flushall()
    await server.service.read([POST.id])
    server.ports.fail('never arrives', 'postgres')
    expect(await press(server, 'DELETE', unlikeAt(0))).toMatchObject({
      status: 200,
      body: { count: 446, liked: false, source: 'lagging' },
    })
    server.ports.restore()
    expect(await settle(server)).toBe(446)
  })

  it('and lies a little ahead is undone without an op, also after Redis was emptied', async () => {
    const server = startServer(0)
    const press = openBrowser()
    await press(server, 'PUT', likeAt(3000))
    await settle(server)
    await stores.redis.flushall()
    const undone = await press(server, 'DELETE')
    expect(undone).toMatchObject({ status: 200, body: { count: 446, liked: false } })
    expect(await settle(server)).toBe(446)
  })

  it('of a press without one: a repeat inside the engine never beats a later press', async () => {
    const server = startServer(0)
    const press = openBrowser()
    await press(server, 'PUT')
    const before = server.ports.count('redis.press')
    server.ports.failOnce('answer lost', 'redis.press')
    expect(await press(server, 'DELETE')).toMatchObject({ status: 200, body: { count: 446, liked: false } })
    expect(server.ports.count('redis.press')).toBe(before + 2)
    expect(await settle(server)).toBe(446)
  })
})

it('a malformed op is refused and never replaced', async () => {
  const server = startServer(0)
  const press = openBrowser()
  for (const [method, op] of [
    ['PUT', unlikeAt(0)],
    ['DELETE', likeAt(0)],
    ['PUT', 1],
    ['DELETE', 0],
    ['PUT', -1],
  ] as const) {
    const refused = await press(server, method, op)
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'invalid_op', field: 'op' } } })
  }
})
