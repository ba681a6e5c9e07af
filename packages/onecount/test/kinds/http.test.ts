import { createEngines, defineConfig } from 'onecount'
import { createHandler, type HandlerOptions, NO_LIMITS } from 'onecount/http'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { uuidOf } from '../support/kinds'
import { KINDS, type Name, startSeveralKinds } from '../support/several-kinds'

const DRAIN_SECRET = 'the-secret-of-the-scheduler'
const ana = uuidOf('ana')
/** Signed in. */
const asAna = { authorization: 'Bearer ana' }
const session: HandlerOptions['session'] = ({ headers }) =>
  headers.get('authorization') === asAna.authorization ? ana : null

const stores = forAllTests(startSeveralKinds)
beforeEach(() => stores.begin())

/** One process that serves both kinds. */
function serve(options: Partial<HandlerOptions> = {}) {
  const engines = stores.instance()
  const logged: string[] = []
  const handler = createHandler({
    service: engines,
    secret: 'a-secret-for-tests-that-is-long-enough',
    session,
    drainSecret: DRAIN_SECRET,
    log: line => void logged.push(line),
    ...options,
  })
  async function call(method: string, path: string, headers: Record<string, string> = {}) {
    const init = { method, headers: { 'sec-fetch-site': 'same-origin', ...headers } }
    const response = await handler(new Request(`http://site.example/api/${path}`, init))
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null }
  }
  return {
    engines,
    logged,
    call,
    drain: () => call('POST', 'drain', { authorization: `Bearer ${DRAIN_SECRET}` }),
  }
}

describe('several kinds behind one handler', () => {
  it('are pressed and read at addresses of their own, and one drain brings both', async () => {
    const { call, drain } = serve()
    expect(await call('PUT', 'likes/1', asAna)).toMatchObject({
      status: 200,
      body: { postId: '1', count: 1, liked: true, source: 'redis' },
    })
    expect((await call('GET', 'kinds/bookmark?ids=1', asAna)).body.likes).toMatchObject({
      1: { count: 0, liked: false },
    })
    expect(await call('PUT', 'kinds/bookmark/1', asAna)).toMatchObject({ body: { count: 1, liked: true } })
    const like = { 1: { count: 1, liked: true } }
    for (const path of ['likes?ids=1', 'kinds/like?ids=1'])
      expect((await call('GET', path, asAna)).body.likes).toMatchObject(like)
    expect(await drain()).toMatchObject({
      status: 200,
      body: {
        drained: 2,
        more: false,
        kinds: { like: { drained: 1, more: false }, bookmark: { drained: 1, more: false } },
      },
    })
    expect([await stores.rows('like'), await stores.rows('bookmark')]).toEqual([[ana], [ana]])
    expect(await call('DELETE', 'kinds/bookmark/1', asAna)).toMatchObject({
      body: { count: 0, liked: false },
    })
    await drain()
    expect([await stores.rows('like'), await stores.rows('bookmark')]).toEqual([[ana], []])
    expect([await stores.count('like'), await stores.count('bookmark')]).toEqual([1, 0])
  })

  it('are answered alike: same headers, methods and refusals', async () => {
    const { call } = serve()
    for (const base of ['likes', 'kinds/like', 'kinds/bookmark']) {
      const read = await call('GET', `${base}?ids=1`)
      expect(read.headers.get('cache-control')).toBe('private, no-store')
      expect((await call('OPTIONS', base)).headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      expect((await call('OPTIONS', `${base}/1`)).headers.get('allow')).toBe('PUT, DELETE, OPTIONS')
      for (const [method, path, status, code] of [
        ['PUT', `${base}/01`, 400, 'invalid_post_id'],
        ['PUT', `${base}/999`, 404, 'post_not_found'],
        ['POST', `${base}/1`, 405, 'method_not_allowed'],
        ['PUT', `${base}/1/2`, 404, 'not_found'],
        ['GET', base, 400, 'invalid_ids'],
      ] as const)
        expect(await call(method, path, asAna), path).toMatchObject({ status, body: { error: { code } } })
      const foreign = { ...asAna, 'sec-fetch-site': 'cross-site' }
      expect(await call('PUT', `${base}/1`, foreign)).toMatchObject({ status: 403 })
    }
  })

  it.each([
    'kinds',
    'kinds/',
    'kinds/heart?ids=1',
    'kinds/constructor?ids=1',
    'bookmark?ids=1',
    'kinds/like/1/2',
  ])('have no address %s', async path => {
    expect(await serve().call('GET', path)).toMatchObject({
      status: 404,
      body: { error: { code: 'not_found' } },
    })
  })

  it('say in the log that session() gives an id which the actors of a kind cannot have, and show counts', async () => {
    const { call, logged } = serve({ session: () => 'user_2abcDEF' })
    expect(await call('PUT', 'likes/1')).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_session' } },
    })
    expect(await call('GET', 'likes?ids=1')).toMatchObject({
      status: 200,
      body: { likes: { 1: { count: 0, liked: null } } },
    })
    expect(await call('PUT', 'kinds/bookmark/1')).toMatchObject({ status: 200 })
    expect(logged).toHaveLength(1)
    expect(logged[0]).toMatch(/session\(\) answered with something else than a UUID.* kind like, is a uuid/)
    expect(logged[0]).not.toContain('2abcDEF')
  })

  it('share the session: an anonymous visitor bookmarks by the cookie, and cannot press where actors are people', async () => {
    const { call } = serve()
    expect(await call('PUT', 'likes/1')).toMatchObject({
      status: 401,
      body: { error: { code: 'sign_in_required' } },
    })
    const pressed = await call('PUT', 'kinds/bookmark/1')
    const cookie = pressed.headers.getSetCookie()[0]!.split(';')[0]!
    expect((await call('GET', 'kinds/bookmark?ids=1', { cookie })).body.likes[1]).toMatchObject({
      count: 1,
      liked: true,
    })
    expect((await call('GET', 'likes?ids=1', { cookie })).body.likes[1]).toMatchObject({
      count: 0,
      liked: null,
    })
  })
})

describe('limits', () => {
  const limits = (own: Partial<HandlerOptions['limits']>) => ({ limits: { ...NO_LIMITS, ...own } })

  it('of a session count presses on all kinds together', async () => {
    const { call } = serve(limits({ session: { tokens: 2, windowMs: 60_000 } }))
    const presses = ['likes/1', 'kinds/bookmark/1', 'kinds/bookmark/2', 'likes/2', 'kinds/like/2']
    const statuses: number[] = []
    for (const path of presses) statuses.push((await call('PUT', path, asAna)).status)
    expect(statuses).toEqual([200, 200, 429, 429, 429])
  })

  it('of a post count each kind by itself, whichever its address', async () => {
    const { call } = serve(limits({ post: { tokens: 1, windowMs: 60_000 } }))
    const presses = ['likes/1', 'kinds/like/1', 'kinds/bookmark/1', 'kinds/bookmark/1', 'kinds/bookmark/2']
    const statuses: number[] = []
    for (const path of presses) statuses.push((await call('PUT', path, asAna)).status)
    expect(statuses).toEqual([200, 429, 200, 429, 200])
  })
})

describe('one health', () => {
  it('is the worst, and has the figures of each kind under its name', async () => {
    const { call, drain } = serve()
    await stores.refuseBookmarksOf(ana)
    await call('PUT', 'kinds/bookmark/1', asAna)
    await drain()
    await call('PUT', 'likes/1', asAna)
    const { status, body } = await call('GET', 'health')
    const up = { redis: 'up', postgres: 'up', unseen: 0, paused: null, lastDrainAt: expect.any(String) }
    const age = expect.any(Number)
    expect([status, body]).toEqual([
      200,
      {
        ...up,
        status: 'degraded',
        pending: 1,
        oldestPendingMs: age,
        refused: 1,
        lookedAt: expect.any(String),
        kinds: {
          like: { ...up, status: 'ok', pending: 1, oldestPendingMs: age, refused: 0 },
          bookmark: { ...up, status: 'degraded', pending: 0, oldestPendingMs: 0, refused: 1 },
        },
      },
    ])
  })

  it('is not down while one kind is served', async () => {
    const { call } = serve()
    await stores.sql.unsafe('alter function onecount_bookmark_cut_status rename to away')
    expect(await call('GET', 'health')).toMatchObject({
      status: 200,
      body: {
        status: 'degraded',
        kinds: { like: { status: 'ok' }, bookmark: { postgres: 'down', refused: null } },
      },
    })
  })
})

describe('one drain', () => {
  it('brings the others where one kind fails, and tells the scheduler which', async () => {
    const { call, drain, logged } = serve()
    await stores.sql.unsafe('alter function onecount_bookmark_drain rename to away')
    await call('PUT', 'likes/1', asAna)
    await call('PUT', 'kinds/bookmark/1', asAna)
    const { status, body } = await drain()
    expect([status, body]).toEqual([
      503,
      {
        drained: 1,
        more: true,
        kinds: {
          like: { drained: 1, more: false },
          bookmark: { error: { code: 'unavailable', message: expect.any(String) } },
        },
      },
    ])
    expect(await stores.rows('like')).toEqual([ana])
    expect(logged.join()).toContain('onecount_bookmark_drain')
    for (const name of ['like', 'bookmark'] satisfies Name[])
      expect(await call('PUT', `kinds/${name}/2`, asAna)).toMatchObject({ status: 200 })
  })
})

describe('engines of one kind', () => {
  it('answer health and drain as one engine does, an error too', async () => {
    const service = createEngines(defineConfig({ kinds: { like: KINDS.like } }), stores.ports())
    const { call, drain } = serve({ service })
    expect(Object.keys((await call('GET', 'health')).body)).not.toContain('kinds')
    expect((await drain()).body).toEqual({ drained: 0, more: false })
    await stores.sql.unsafe('alter function onecount_like_drain rename to away')
    await call('PUT', 'likes/1', asAna)
    expect(await drain()).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
  })
})
