import { createKeys, type LikeState } from 'onecount'
import { createSession, readSession } from 'onecount/http'
import { type OnecountNextConfig, onecountNext } from 'onecount/next'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Stores, startStores } from './support/stores'

/** What Next gives to code that runs for a request. */
const next = vi.hoisted(() => ({ headers: new Headers(), after: [] as (() => Promise<void>)[] }))
vi.mock('next/headers.js', () => ({ headers: async () => next.headers }))
vi.mock('next/server.js', async original => ({
  ...(await original<typeof import('next/server.js')>()),
  connection: async () => {},
  after: (work: () => Promise<void>) => void next.after.push(work),
}))

const SECRET = 'a-secret-for-tests-that-is-long-enough'
const BEAR = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const FOX = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }
const ANA = '7b0e7a52-6f2c-4c0e-9f0a-1a2b3c4d5e6f'
const BEN = 'user_2abcDEF'
/** Whom the application has signed in. */
const PEOPLE = new Map([
  ['Bearer ana', ANA],
  ['Bearer ben', BEN],
])
const session: OnecountNextConfig['session'] = async ({ headers }) =>
  PEOPLE.get(headers.get('authorization') ?? '')
const ana = { authorization: 'Bearer ana' }

let stores: Stores
beforeAll(async () => {
  stores = await startStores()
})
afterAll(() => stores.stop())
beforeEach(async () => {
  vi.stubEnv('ONECOUNT_SECRET', SECRET)
  await stores.begin([BEAR, FOX])
  next.headers = new Headers()
  next.after = []
})
afterEach(() => vi.unstubAllEnvs())

let made = 0
function application(config: Partial<OnecountNextConfig> = {}) {
  const ports = stores.ports()
  const onecount = onecountNext({
    redis: () => ({ port: ports.redis }),
    postgres: () => ports.postgres,
    name: `next-test-${++made}`,
    ...config,
  })
  const send = (method: 'GET' | 'PUT' | 'DELETE', path: string, init: RequestInit = {}) =>
    onecount.handlers[method](new Request(`http://site.example/api/${path}`, { ...init, method }))
  return {
    onecount,
    send,
    like: (init: RequestInit = {}) => send('PUT', `likes/${BEAR.id}`, init),
    read: async (headers = {}): Promise<LikeState> => {
      const response = await send('GET', `likes?ids=${BEAR.id}`, { headers })
      return (await response.json()).likes[BEAR.id]
    },
  }
}

/** Who likes the bear, by both stores. */
async function likers(): Promise<string[]> {
  const { redis, postgres } = await stores.compare(BEAR)
  expect(redis.members).toEqual(postgres.members)
  expect([redis.count, postgres.count]).toEqual([446 + redis.members.length, 446 + redis.members.length])
  return redis.members
}
const cookieOf = (response: Response) => response.headers.getSetCookie()[0]!.split(';')[0]!

describe('an application with people of its own', () => {
  it('counts a press for the person whom the server knows, in both stores', async () => {
    const { onecount, like, read } = application({ session })
    const response = await like({ headers: ana })
    expect(await response.json()).toMatchObject({ count: 447, liked: true, source: 'redis' })
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await read(ana)).toMatchObject({ count: 447, liked: true })
    expect(await read({ authorization: 'Bearer ben' })).toMatchObject({ count: 447, liked: false })
    await onecount.engine().drainOnce()
    expect(await likers()).toEqual([ANA])
    expect(await stores.redis.smembers(createKeys().sessions(ANA))).toEqual([BEAR.id])
  })

  it('renders a page for the same person, from its first render on', async () => {
    const { onecount, like } = application({ session })
    await like({ headers: ana })
    next.headers = new Headers(ana)
    expect(await onecount.getSession()).toBe(ANA)
    const likes = await onecount.readLikes([BEAR.id, FOX.id, '50050001-aaaa-bbbb-cccc-ddddeeee9999'])
    expect([...likes.values()].map(({ count, liked }) => ({ count, liked }))).toEqual([
      { count: 447, liked: true },
      { count: 12, liked: false },
    ])
    const nobodys = await onecount.readLikes([BEAR.id], null)
    expect(nobodys.get(BEAR.id)).toMatchObject({ count: 447, liked: null })
  })

  it('lets who is not signed in like by the cookie, page and API alike', async () => {
    const { onecount, like } = application({ session })
    const response = await like()
    const cookie = cookieOf(response)
    next.headers = new Headers({ cookie })
    const anonymous = await onecount.getSession()
    expect(anonymous).toBe(readSession(cookie, SECRET))
    await onecount.engine().drainOnce()
    expect(await likers()).toEqual([anonymous])
    next.headers = new Headers({ cookie, ...ana })
    expect(await onecount.getSession()).toBe(ANA)
    expect((await onecount.readLikes([BEAR.id])).get(BEAR.id)).toMatchObject({ count: 447, liked: false })
  })

  it('answers 401 where only people like, without a secret, and makes no key', async () => {
    vi.stubEnv('ONECOUNT_SECRET', '')
    vi.stubEnv('NODE_ENV', 'production')
    const { onecount, like, read } = application({ session, anonymous: false })
    const cookie = `onecount_session=${createSession(SECRET).value}`
    const response = await like({ headers: { cookie } })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { code: 'sign_in_required' } })
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await stores.redis.keys('*')).toEqual([])
    expect(await read()).toMatchObject({ count: 446, liked: null })
    next.headers = new Headers({ cookie })
    expect(await onecount.getSession()).toBeNull()
    expect((await like({ headers: ana })).status).toBe(200)
  })

  it('never believes an id that a client claims', async () => {
    const { onecount, send } = application({ session })
    const { value } = createSession('a-secret-of-somebody-else-entirely')
    const claims = {
      'x-user-id': BEN,
      'x-session-id': BEN,
      'onecount-connection-ip': BEN,
      cookie: `onecount_session=${BEN}.${value.split('.')[1]}; __Host-onecount_session=${BEN}`,
    }
    const body = JSON.stringify({ sessionId: BEN, session: BEN, userId: BEN, actor: BEN })
    const path = `likes/${BEAR.id}?sessionId=${BEN}&session=${BEN}`
    const anonymous = await send('PUT', path, { headers: claims, body })
    await send('PUT', path, { headers: { ...claims, ...ana }, body })
    await onecount.engine().drainOnce()
    expect(await likers()).toEqual([ANA, readSession(cookieOf(anonymous), SECRET)].sort())
    next.headers = new Headers(claims)
    expect(await onecount.getSession()).toBeNull()
  })

  it('gives a person what they liked before they signed in, once they say so', async () => {
    const { onecount, like, send } = application({ session })
    const cookie = cookieOf(await like())
    await send('PUT', `likes/${FOX.id}`, { headers: { cookie } })
    next.headers = new Headers({ cookie })
    await expect(onecount.mergeAnonymousLikes()).rejects.toMatchObject({ code: 'sign_in_required' })
    await like({ headers: { cookie, ...ana } })
    next.headers = new Headers({ cookie, ...ana })
    const seen = async () =>
      [...(await onecount.readLikes([BEAR.id, FOX.id])).values()].map(({ count, liked }) => [count, liked])
    expect(await seen()).toEqual([
      [448, true],
      [13, false],
    ])
    await expect.poll(onecount.mergeAnonymousLikes).toMatchObject({ complete: true })
    expect(await seen()).toEqual([
      [447, true],
      [13, true],
    ])
    await onecount.engine().drainOnce()
    expect(await likers()).toEqual([ANA])
    expect(await onecount.mergeAnonymousLikes()).toEqual({ posts: 0, complete: true })
  })

  it('saves nothing while it cannot tell who presses', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const failing = async () => {
      throw new Error('no answer from sign-in')
    }
    const { onecount, like, read } = application({ session: failing })
    const response = await like()
    expect([response.status, (await response.json()).error.code]).toEqual([503, 'unavailable'])
    expect(await read()).toMatchObject({ count: 446, liked: null })
    await expect(onecount.getSession()).rejects.toThrow('no answer from sign-in')
    expect(error.mock.calls.join()).toContain('no answer from sign-in')
    error.mockRestore()
  })
})

describe('what is made', () => {
  it('opens and reads nothing before it is used', async () => {
    vi.stubEnv('ONECOUNT_SECRET', 'short')
    const config = { redis: vi.fn(() => null), postgres: vi.fn(() => stores.ports().postgres) }
    const onecount = onecountNext({ ...config, name: `next-test-${++made}` })
    onecount.withSession()
    expect(config.redis).not.toHaveBeenCalled()
    expect(config.postgres).not.toHaveBeenCalled()
    vi.stubEnv('ONECOUNT_SECRET', SECRET)
    const response = await onecount.handlers.GET(new Request('http://site.example/api/health'))
    expect(await response.json()).toMatchObject({ status: 'ok', redis: 'off', postgres: 'up' })
    expect(config.redis).toHaveBeenCalledExactlyOnceWith(process.env, { lazyConnect: true })
  })

  it('names the setting that it cannot work with, in each answer and in the log', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.stubEnv('ONECOUNT_LIMITS', 'often')
    const { like } = application()
    expect(await (await like()).json()).toMatchObject({ error: { code: 'misconfigured' } })
    expect(error.mock.calls.join()).toContain('ONECOUNT_LIMITS')
    vi.stubEnv('ONECOUNT_LIMITS', '')
    expect((await like()).status).toBe(200)
    error.mockRestore()
  })

  it.each<[string, Partial<OnecountNextConfig>]>([
    ['session', { anonymous: false }],
    ['basePath', { basePath: 'api' }],
    ['basePath', { basePath: '/api/' }],
  ])('is refused where the config contradicts itself: %s', (field, config) => {
    expect(() => application(config)).toThrow(expect.objectContaining({ code: 'misconfigured' }))
    expect(() => application(config)).toThrow(new RegExp(field))
  })

  it('is mounted below another path', async () => {
    const { onecount } = application({ basePath: '/api/onecount' })
    const get = (path: string) => onecount.handlers.GET(new Request(`http://site.example${path}`))
    expect((await get('/api/onecount/health')).status).toBe(200)
    expect((await get('/api/health')).status).toBe(404)
  })
})

describe('the drain', () => {
  it('runs after the answer to a press, where timers stop with it, and once for many', async () => {
    const { onecount, like, send } = application({ session, drain: 'after' })
    const drainOnce = vi.spyOn(onecount.engine(), 'drainOnce')
    onecount.startDrain()
    const presses = ['ana', 'ben', 'ana', 'ben'].map(name =>
      like({ headers: { authorization: `Bearer ${name}` } }),
    )
    await Promise.all([...presses, send('GET', `likes?ids=${BEAR.id}`), send('PUT', 'likes/nope')])
    expect(next.after).toHaveLength(4)
    await Promise.all(next.after.map(work => work()))
    expect(await likers()).toEqual([ANA, BEN].sort())
    expect(drainOnce).toHaveBeenCalledTimes(2)
  })

  it('says in the log that it could not, and the answers stand', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { onecount, like } = application({ session, drain: 'after' })
    expect((await like({ headers: ana })).status).toBe(200)
    vi.spyOn(onecount.engine(), 'drainOnce').mockRejectedValueOnce(new Error('postgres is away'))
    await next.after[0]!()
    expect(error.mock.calls.join()).toContain('postgres is away')
    error.mockRestore()
  })

  it('is a loop of this process elsewhere', async () => {
    const { onecount, like } = application({ session })
    onecount.startDrain()
    await like({ headers: ana })
    await expect.poll(async () => (await stores.compare(BEAR)).postgres.count).toBe(447)
    expect(next.after).toEqual([])
    await onecount.engine().drain.stop()
  })
})
