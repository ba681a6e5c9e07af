import { createOnecount, nextOp, type Onecount } from 'onecount'
import { createHandler } from 'onecount/http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Interrupted, interrupted } from './support/interrupted'
import { type Stores, startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const SECRET = 'a-secret-for-tests-that-is-long-enough'
const HOUR = 3_600_000

let stores: Stores
beforeAll(async () => {
  stores = await startStores()
})
afterAll(() => stores.stop())
beforeEach(() => stores.begin([POST]))

/** An instance of the application whose clock is off, behind the HTTP API. */
function startServer(skewMs: number, recentMs?: number) {
  const ports: Interrupted = interrupted(stores.ports())
  const service: Onecount = createOnecount({
    ...ports,
    log: { warn() {} },
    clock: () => Date.now() + skewMs,
    settings: { breakerMs: 0, ...(recentMs !== undefined && { recentMs }) },
  })
  const handler = createHandler({ service, secret: SECRET })
  return { ports, service, handler }
}
type Server = ReturnType<typeof startServer>

/** A browser: keeps its cookie, presses with an op or without one. */
function openBrowser() {
  let cookie = ''
  return async (server: Server, method: 'PUT' | 'DELETE', op?: number) => {
    const response = await server.handler(
      new Request(`http://localhost/api/likes/${POST.id}`, {
        method,
        headers: cookie ? { cookie } : {},
        body: JSON.stringify({ op }),
      }),
    )
    const set = response.headers.getSetCookie()[0]
    if (set) cookie = set.split(';')[0]!
    return { status: response.status, body: await response.json() }
  }
}

const micros = (ms: number) => Math.round((Date.now() + ms) * 1000)
const likeAt = (ms: number) => nextOp(micros(ms), 0, true)
const unlikeAt = (ms: number) => nextOp(micros(ms), 0, false)

/** At rest both stores agree, and nothing comes back by itself. */
async function settle(...servers: Server[]): Promise<number> {
  for (const { service } of servers) await service.drainOnce()
  for (const { service } of servers) await service.drainOnce()
  await servers[0]!.service.read([POST.id])
  const { redis, postgres } = await stores.compare(POST)
  expect(redis).toEqual(postgres)
  return postgres.count
}

describe('two servers, the second 30 seconds behind', () => {
  let ahead: Server
  let behind: Server
  beforeEach(() => {
    ahead = startServer(0)
    behind = startServer(-30_000)
  })

  it.each(['with an op', 'without one'])('an unlike %s through the one behind counts', async how => {
    const press = openBrowser()
    const op = how === 'with an op' ? likeAt(0) : undefined
    const liked = await press(ahead, 'PUT', op)
    expect(liked).toMatchObject({ status: 200, body: { count: 447, liked: true } })
    const unliked = await press(behind, 'DELETE', op && unlikeAt(0))
    expect(unliked).toMatchObject({ status: 200, body: { count: 446, liked: false } })
    expect(unliked.body.op).toBeGreaterThan(liked.body.op)
    expect(await settle(behind, ahead)).toBe(446)
    expect(await press(ahead, 'PUT')).toMatchObject({ body: { count: 447, liked: true } })
    expect(await press(behind, 'DELETE')).toMatchObject({ body: { count: 446, liked: false } })
    expect(await settle(ahead, behind)).toBe(446)
  })

  it('also once Postgres holds the like', async () => {
    const press = openBrowser()
    await press(ahead, 'PUT')
    await settle(ahead, behind)
    expect(await press(behind, 'DELETE')).toMatchObject({ status: 200, body: { count: 446, liked: false } })
    expect(await settle(behind, ahead)).toBe(446)
  })

  it.each(['with an op', 'without one'])('also %s on a post that Redis does not hold any more', async how => {
    const press = openBrowser()
    const { body } = await press(ahead, 'PUT')
    await settle(ahead)
    await stores.redis.flushall()
    const op = how === 'with an op' ? nextOp(0, body.op, false) : undefined
    expect(await press(behind, 'DELETE', op)).toMatchObject({
      status: 200,
      body: { count: 446, liked: false },
    })
    expect(await settle(behind, ahead)).toBe(446)
  })

  it.each(['with an op', 'without one'])('also %s while Redis cannot be reached', async how => {
    const press = openBrowser()
    const { body } = await press(ahead, 'PUT')
    await settle(ahead)
    behind.ports.fail('never arrives', 'redis')
    const op = how === 'with an op' ? nextOp(0, body.op, false) : undefined
    const unliked = await press(behind, 'DELETE', op)
    expect(unliked).toMatchObject({ status: 200, body: { count: 446, liked: false, source: 'postgres' } })
    behind.ports.restore()
    expect(await settle(behind, ahead)).toBe(446)
  })

  it('refuses an op of a right clock that is too far after everything, and accepts the next', async () => {
    const press = openBrowser()
    await ahead.service.set(POST.id, 'somebody', true, { op: likeAt(-60_000) })
    await press(ahead, 'PUT', likeAt(-60_000))
    // The revision is of this moment, so it takes a post that nobody has pressed on for a while.
    await stores.redis.set(stores.keys.meta(POST.id), await metaOf(-25_000))
    const refused = await press(behind, 'DELETE', unlikeAt(0))
    expect(refused).toMatchObject({ status: 409, body: { error: { code: 'op_ahead', field: 'op' } } })
    const { now } = refused.body.error
    expect(now).toBeGreaterThan(Date.now() - 31_000)
    expect(now).toBeLessThan(Date.now() - 24_000)
    const unliked = await press(behind, 'DELETE', nextOp(now * 1000, 0, false))
    expect(unliked).toMatchObject({ status: 200, body: { liked: false } })
  })

  /** The post's packed numbers with another revision. */
  async function metaOf(ms: number): Promise<string> {
    const [, base, epoch] = (await stores.redis.get(stores.keys.meta(POST.id)))!.split('|')
    return `${micros(ms)}|${base}|${epoch}`
  }
})

describe('a server that starts again with its clock one hour back', () => {
  it.each(['pending', 'drained', 'forgotten by Redis'])(
    'undoes a press from before that is %s',
    async where => {
      const press = openBrowser()
      const before = startServer(0, where === 'forgotten by Redis' ? 0 : undefined)
      await press(before, 'PUT')
      if (where !== 'pending') await settle(before)
      if (where === 'forgotten by Redis') {
        await before.service.drainOnce()
        expect(await stores.redis.zcard(stores.keys.recent)).toBe(0)
      }
      const after = startServer(-HOUR)
      expect(await press(after, 'DELETE')).toMatchObject({ status: 200, body: { count: 446, liked: false } })
      expect(await settle(after)).toBe(446)
      expect(await press(after, 'PUT')).toMatchObject({ status: 200, body: { count: 447, liked: true } })
      expect(await settle(after)).toBe(447)
    },
  )

  it('undoes it without Postgres too', async () => {
    const press = openBrowser()
    const before = startServer(0, 0)
    await press(before, 'PUT')
    await settle(before)
    const after = startServer(-HOUR)
    after.ports.fail('never arrives', 'postgres')
    expect(await press(after, 'DELETE')).toMatchObject({ status: 200, body: { count: 446, liked: false } })
    after.ports.restore()
    expect(await settle(after)).toBe(446)
  })

  it('takes back the likes of a session', async () => {
    const before = startServer(0)
    await before.service.set(POST.id, 'spam', true)
    await settle(before)
    const after = startServer(-HOUR)
    expect(await after.service.removeSession('spam')).toEqual({ posts: 1, complete: true })
    expect(await settle(after)).toBe(446)
  })

  it('takes them back with what Postgres does not have yet, where it cannot drain', async () => {
    const before = startServer(0)
    await before.service.set(POST.id, 'spam', true)
    await settle(before)
    await before.service.set(POST.id, 'spam', false)
    await before.service.set(POST.id, 'spam', true)
    const after = startServer(-HOUR)
    after.ports.fail('never arrives', 'redis.collect')
    expect(await after.service.removeSession('spam')).toEqual({ posts: 1, complete: false })
    after.ports.restore()
    expect(await settle(after)).toBe(446)
  })
})

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

  it('is refused on a post that nobody has read, and no key is made for it', async () => {
    const refused = await openBrowser()(startServer(0), 'PUT', likeAt(HOUR))
    expect(refused.status).toBe(409)
    expect(await stores.redis.zcount(stores.keys.recent, '-inf', '+inf')).toBe(0)
    expect(await stores.redis.keys('session:*')).toEqual([])
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

  it('is told to try again after that while Postgres does not answer, and a press of this moment counts', async () => {
    const server = startServer(0)
    const press = openBrowser()
    const op = likeAt(-2000)
    await press(server, 'PUT', op)
    await settle(server)
    await stores.redis.flushall()
    await server.service.read([POST.id])
    server.ports.fail('never arrives', 'postgres')
    expect((await press(server, 'PUT', op)).body.error.code).toBe('unavailable')
    expect(await press(server, 'DELETE', unlikeAt(0))).toMatchObject({ status: 200, body: { liked: false } })
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

  it('of a press without one: a repeat inside the engine never beats what was pressed since', async () => {
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
