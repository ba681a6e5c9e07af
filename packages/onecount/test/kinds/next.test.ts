import { createEngines, createKeys, defineConfig, type Engines, type Onecount } from 'onecount'
import { type OnecountNextConfig, onecountNext } from 'onecount/next'
import { postgresJsPort } from 'onecount/postgres'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { uuidOf } from '../support/kinds'
import { config, KINDS, type Name, startSeveralKinds } from '../support/several-kinds'

/** What Next gives to code that runs for a request. */
const next = vi.hoisted(() => ({ headers: new Headers(), after: [] as (() => Promise<void>)[] }))
vi.mock('next/headers.js', () => ({ headers: async () => next.headers }))
vi.mock('next/server.js', async original => ({
  ...(await original<typeof import('next/server.js')>()),
  connection: async () => {},
  after: (work: () => Promise<void>) => void next.after.push(work),
}))

const ana = uuidOf('ana')
const asAna = { authorization: 'Bearer ana' }
const session: OnecountNextConfig['session'] = ({ headers }) =>
  headers.get('authorization') === asAna.authorization ? ana : null

const stores = forAllTests(startSeveralKinds)
const started: { drainer: Engines['drainer'] }[] = []
beforeEach(async () => {
  vi.stubEnv('ONECOUNT_SECRET', 'a-secret-for-tests-that-is-long-enough')
  await stores.begin()
  next.headers = new Headers()
  next.after = []
})
afterEach(async () => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  await Promise.all(started.splice(0).map(({ drainer }) => drainer.stop({ budgetMs: 0 })))
})

let made = 0
function application(options: Partial<OnecountNextConfig<Name>> = {}) {
  const ports = stores.ports()
  const onecount = onecountNext({
    config,
    redis: () => ({ port: ports.redis }),
    postgres: (_env, { kind }) => postgresJsPort(stores.sql, { kind }),
    session,
    name: `next-kinds-test-${++made}`,
    ...options,
  })
  const send = async (
    method: 'GET' | 'PUT' | 'DELETE',
    path: string,
    headers: Record<string, string> = asAna,
  ) => {
    const request = new Request(`http://site.example/api/${path}`, { method, headers })
    const response = await onecount.handlers[method](request)
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
  return { onecount, send }
}

describe('onecountNext with a configuration', () => {
  it('serves every kind: routes, pages, engines and health', async () => {
    const { onecount, send } = application()
    expectTypeOf(onecount.engine).toEqualTypeOf<(kind?: Name) => Onecount>()
    expect(await send('PUT', 'likes/1')).toMatchObject({ body: { count: 1, liked: true } })
    expect(await send('PUT', 'kinds/bookmark/2')).toMatchObject({ body: { count: 1, liked: true } })
    next.headers = new Headers(asAna)
    const seen = async (...[options]: [Parameters<typeof onecount.readLikes>[1]?]) =>
      [...(await onecount.readLikes(['1', '2'], options)).values()].map(({ count, liked }) => [count, liked])
    expect(await seen()).toEqual([
      [1, true],
      [0, false],
    ])
    expect(await seen({ kind: 'bookmark' })).toEqual([
      [0, false],
      [1, true],
    ])
    expect(await seen({ kind: 'bookmark', sessionId: null })).toEqual([
      [0, null],
      [1, null],
    ])
    expect(await seen(uuidOf('ben'))).toEqual([
      [1, false],
      [0, false],
    ])
    expect(await onecount.engines().drainer.flush()).toMatchObject({ drained: 2, more: false })
    expect(await onecount.engine('bookmark').ranking(1)).toEqual(['2'])
    expect([await stores.rows('like', '1'), await stores.rows('bookmark', '2')]).toEqual([[ana], [ana]])
    expect((await send('GET', 'health')).body).toMatchObject({
      status: 'ok',
      kinds: { like: { pending: 0 }, bookmark: { pending: 0 } },
    })
  })

  it('renders unknown counts of a kind that does not exist, and the log says which there are', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { onecount } = application()
    const states = await onecount.readLikes(['1'], { kind: 'heart' as Name, sessionId: null })
    expect(states.get('1')).toMatchObject({ count: null, source: 'unknown' })
    expect(error.mock.calls.join()).toContain('there is no kind heart: the configuration has like, bookmark')
  })

  it('shows an anonymous visitor no heart of a kind whose actors are people', async () => {
    const { onecount, send } = application()
    const pressed = await send('PUT', 'kinds/bookmark/1', {})
    next.headers = new Headers({ cookie: pressed.headers.getSetCookie()[0]!.split(';')[0]! })
    expect((await onecount.readLikes(['1'])).get('1')).toMatchObject({ count: 0, liked: null })
    expect((await onecount.readLikes(['1'], { kind: 'bookmark' })).get('1')).toMatchObject({
      count: 1,
      liked: true,
    })
  })

  it('gives a person what they bookmarked before they signed in', async () => {
    const { onecount, send } = application()
    const pressed = await send('PUT', 'kinds/bookmark/1', {})
    const cookie = pressed.headers.getSetCookie()[0]!.split(';')[0]!
    next.headers = new Headers({ cookie, ...asAna })
    await expect.poll(onecount.mergeAnonymousLikes).toMatchObject({ complete: true })
    await onecount.engines().drainer.flush()
    expect([await stores.rows('bookmark'), await stores.rows('like')]).toEqual([[ana], []])
  })

  it('starts one drain for all kinds', async () => {
    const { onecount, send } = application()
    started.push(onecount.engines())
    onecount.startDrain()
    await send('PUT', 'likes/1')
    await send('PUT', 'kinds/bookmark/1')
    await expect.poll(() => stores.rows('like')).toEqual([ana])
    await expect.poll(() => stores.rows('bookmark')).toEqual([ana])
  })

  it('drains all kinds after the answer where timers stop with it, and says what could not be', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { send } = application({ drain: 'after' })
    await stores.sql.unsafe('alter function onecount_bookmark_drain rename to away')
    await send('PUT', 'kinds/bookmark/1')
    await send('PUT', 'likes/1')
    await Promise.all(next.after.map(work => work()))
    expect(await stores.rows('like')).toEqual([ana])
    expect(error.mock.calls.join()).toContain('onecount_bookmark_drain')
    await stores.sql.unsafe('alter function away rename to onecount_bookmark_drain')
    await send('PUT', 'likes/2')
    await next.after.at(-1)!()
    expect(await stores.rows('bookmark')).toEqual([ana])
  })

  it('is refused where the configuration was not checked', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { send } = application({ config: { kinds: KINDS } as never })
    expect(await send('GET', 'health')).toMatchObject({
      status: 500,
      body: { error: { code: 'misconfigured' } },
    })
    expect(error.mock.calls.join()).toContain('give what defineConfig')
  })
})

describe('one kind of its own', () => {
  const only = defineConfig({ kinds: { like: KINDS.like } })

  it.each<[string, Partial<OnecountNextConfig>]>([
    ['a configuration', { config: only }],
    [
      'a driver that has it',
      { config: undefined, postgres: () => postgresJsPort(stores.sql, { kind: only.kinds.like }) },
    ],
  ])('by %s is not named anywhere', async (_, options) => {
    const { onecount, send } = application(options as Partial<OnecountNextConfig<Name>>)
    expect(await send('PUT', 'likes/1')).toMatchObject({ status: 200, body: { count: 1, liked: true } })
    next.headers = new Headers(asAna)
    expect((await onecount.readLikes(['1'])).get('1')).toMatchObject({ count: 1, liked: true })
    expect(await onecount.engine().drainer.flush()).toEqual({ drained: 1, more: false })
    expect(await stores.rows('like')).toEqual([ana])
    const { body } = await send('GET', 'health')
    expect([body.pending, Object.keys(body)]).toEqual([0, expect.not.arrayContaining(['kinds'])])
    const keys = await stores.redis.keys('*')
    expect(keys.filter(key => !key.startsWith('like:'))).toEqual([])
    expect(await stores.redis.get(createKeys('', 'like:').likes('1'))).toBe('1')
  })

  it('has the engines of a configuration without onecountNext too', async () => {
    const { kinds, main } = createEngines(only, stores.ports())
    expect([main, await kinds.like.set('1', ana, true)]).toMatchObject(['like', { count: 1 }])
  })
})
