import { createMetrics } from 'onecount/metrics'
import { type OnecountNextConfig, onecountNext } from 'onecount/next'
import { redisFromEnv } from 'onecount/redis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApi } from '../src/next/api'
import { createParts } from '../src/next/parts'
import { createWithSession } from '../src/next/proxy'
import { forAllTests } from './support/for-all-tests'
import { parseOpenMetrics } from './support/openmetrics'
import { startStores } from './support/stores'

/**
 * What cannot be seen from outside, and needs no request of Next: what a config opens when, and the loop of the drain. Of
 * requests, and of the drain after an answer, see `package/next-people.test.ts`, on an application that is built.
 */
const SECRET = 'a-secret-for-tests-that-is-long-enough'
const BEAR = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }

const stores = forAllTests(startStores)
beforeEach(async () => {
  vi.stubEnv('ONECOUNT_SECRET', SECRET)
  await stores.begin([BEAR])
})
afterEach(() => vi.unstubAllEnvs())

let made = 0
const named = (config: Partial<OnecountNextConfig> = {}): OnecountNextConfig => {
  const ports = stores.ports()
  return {
    redis: () => ({ port: ports.redis }),
    postgres: () => ports.postgres,
    name: `next-test-${++made}`,
    ...config,
  }
}
/** What answers below the route handlers, and in front of Next where that fails: it needs no request of Next. */
const apiOf = (config: OnecountNextConfig) => createApi(createParts(config)).answer
const requestOf = (path: string, init?: RequestInit) => new Request(`http://site.example${path}`, init)

describe('a configuration', () => {
  it('opens no store and reads no setting before it is used', async () => {
    vi.stubEnv('ONECOUNT_SECRET', 'short')
    const config = { redis: vi.fn(() => null), postgres: vi.fn(() => stores.ports().postgres) }
    const parts = createParts(named(config))
    const { answer } = createApi(parts)
    createWithSession(parts)()
    expect(config.redis).not.toHaveBeenCalled()
    expect(config.postgres).not.toHaveBeenCalled()
    vi.stubEnv('ONECOUNT_SECRET', SECRET)
    const response = await answer(requestOf('/api/health'))
    expect(await response.json()).toMatchObject({ status: 'ok', redis: 'off', postgres: 'up' })
    expect(config.redis).toHaveBeenCalledExactlyOnceWith(process.env, { lazyConnect: true })
  })

  it('names the setting that it cannot work with, in each answer and in the log', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.stubEnv('ONECOUNT_LIMITS', 'often')
    const answer = apiOf(named())
    const like = () => answer(requestOf(`/api/likes/${BEAR.id}`, { method: 'PUT' }))
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
    expect(() => onecountNext(named(config))).toThrow(expect.objectContaining({ code: 'misconfigured' }))
    expect(() => onecountNext(named(config))).toThrow(new RegExp(field))
  })

  it('says once that there is no REDIS_URL where Redis is to be opened', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.stubEnv('REDIS_URL', '')
    const config = named({ redis: redisFromEnv, drain: 'none' })
    for (let bundle = 0; bundle < 2; bundle++) onecountNext(config).register()
    onecountNext(named({ drain: 'none' })).register()
    onecountNext(named({ redis: undefined, drain: 'none' })).register()
    const said = warn.mock.calls.flat().filter(text => String(text).includes('REDIS_URL'))
    warn.mockRestore()
    expect(said).toEqual([
      '[onecount] no Redis is set (REDIS_URL, or that of Upstash): Postgres serves alone',
    ])
  })

  it('is mounted below another path', async () => {
    const answer = apiOf(named({ basePath: '/api/onecount' }))
    const get = (path: string) => answer(requestOf(path))
    expect((await get('/api/onecount/health')).status).toBe(200)
    expect((await get('/api/health')).status).toBe(404)
  })
})

describe('metrics', () => {
  const metricsSecret = 'the-secret-of-prometheus'
  const scrape = (answer: ReturnType<typeof apiOf>) =>
    answer(requestOf('/api/metrics', { headers: { authorization: `Bearer ${metricsSecret}` } }))

  it('count what the API does, once for all bundles of the process', async () => {
    vi.stubEnv('ONECOUNT_METRICS_SECRET', metricsSecret)
    const config = named({ metrics: () => createMetrics({ sample: false }) })
    const [answer, other] = [apiOf(config), apiOf(config)]
    await other(requestOf(`/api/likes/${BEAR.id}`, { method: 'PUT' }))
    await answer(requestOf(`/api/likes?ids=${BEAR.id}`))
    const { samples } = parseOpenMetrics(await (await scrape(answer)).text())
    const value = (name: string, label: string) =>
      samples.find(sample => sample.name === name && Object.values(sample.labels).includes(label))?.value
    expect(value('onecount_presses_total', 'accepted')).toBe(1)
    expect(value('onecount_read_posts_total', 'redis')).toBe(1)
    expect(value('onecount_store_up', 'postgres')).toBe(1)
    expect((await answer(requestOf('/api/metrics'))).status).toBe(401)
  })

  it('need a secret but in development', async () => {
    const config = () => named({ metrics: () => createMetrics({ sample: false }) })
    vi.stubEnv('NODE_ENV', 'production')
    expect((await scrape(apiOf(config()))).status).toBe(404)
    vi.stubEnv('NODE_ENV', 'development')
    expect((await apiOf(config())(requestOf('/api/metrics'))).status).toBe(200)
    vi.stubEnv('NODE_ENV', 'production')
    expect((await scrape(apiOf(named()))).status).toBe(404)
  })
})

describe('the drain', () => {
  it('is a loop of this process where timers go on', async () => {
    const onecount = onecountNext(named())
    onecount.startDrain()
    await onecount.engine().set(BEAR.id, 'ana', true)
    await expect.poll(async () => (await stores.compare(BEAR)).postgres.count).toBe(447)
    await onecount.engine().drainer.stop()
  })
})
