import { type OnecountNextConfig, onecountNext } from 'onecount/next'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

/**
 * What Next gives to a request, and refuses outside of one: of requests as they are see `package/next-people.test.ts`. Here
 * it is looked at what cannot be seen from outside: what a config opens when, how many drains run, and one that fails.
 */
const next = vi.hoisted(() => ({ after: [] as (() => Promise<void>)[] }))
vi.mock('next/server.js', async original => ({
  ...(await original<typeof import('next/server.js')>()),
  connection: async () => {},
  after: (work: () => Promise<void>) => void next.after.push(work),
}))

const SECRET = 'a-secret-for-tests-that-is-long-enough'
const BEAR = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
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

const stores = forAllTests(startStores)
beforeEach(async () => {
  vi.stubEnv('ONECOUNT_SECRET', SECRET)
  await stores.begin([BEAR])
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
  }
}

/** Who likes the bear, by both stores. */
async function likers(): Promise<string[]> {
  const { redis, postgres } = await stores.compare(BEAR)
  expect(redis.members).toEqual(postgres.members)
  expect([redis.count, postgres.count]).toEqual([446 + redis.members.length, 446 + redis.members.length])
  return redis.members
}

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
