import { type RedisCluster, startRedisCluster } from '@onecount/dev-stack/redis-cluster'
import { type LocalSupabase, startSupabase } from '@onecount/dev-stack/supabase'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const BEAR = '50050001-aaaa-bbbb-cccc-ddddeeee0001'

let supabase: LocalSupabase
let cluster: RedisCluster

beforeAll(async () => {
  ;[supabase, cluster] = await Promise.all([
    startSupabase({ seed: true }),
    startRedisCluster({ password: 'secret' }),
  ])
  vi.stubEnv('SUPABASE_URL', supabase.url)
  vi.stubEnv('SUPABASE_SECRET_KEY', supabase.secretKey)
  vi.stubEnv('ONECOUNT_LIMITS', 'session=100/60s,ip=100/60s')
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await Promise.all([cluster.stop(), supabase.kill()])
})

/** The modules read their settings once in a process: this is another one. */
async function application(redisUrl: string, isCluster = '') {
  for (const name of ['redis', 'engines', 'limiter'])
    Reflect.deleteProperty(globalThis, Symbol.for(`onecount.${name}`))
  vi.resetModules()
  vi.stubEnv('REDIS_URL', redisUrl)
  vi.stubEnv('REDIS_CLUSTER', isCluster)
  return {
    ...(await import('./index')),
    ...(await import('../onecount')),
  }
}

describe('the application', () => {
  it('keeps likes and limits in the Redis Cluster whose nodes REDIS_URL names', async () => {
    const app = await application(cluster.urls.slice(0, 2).join())
    // A process that has just started may be too busy for the deadline of a call: then Postgres answers.
    await expect
      .poll(() => app.onecount.engine().set(BEAR, 'ana', true))
      .toMatchObject({ count: 447, liked: true, source: 'redis' })
    const { likes } = app.onecount.engine().stores.keysOf(BEAR)
    expect(await (await cluster.primaryOf(likes(BEAR))).admin.get(likes(BEAR))).toBe('447')
    const limits = async () => {
      await app.onecount.limiter().takeShared({ session: 'ana', ip: '10.0.0.1' })
      const { admin } = await cluster.primaryOf('{limits}')
      return (await admin.keys('{limits}*')).length
    }
    await expect.poll(limits).toBe(2)
    app.redis?.disconnect()
  })

  it('takes one address as that of a cluster where REDIS_CLUSTER is 1', async () => {
    const app = await application(cluster.urls[0]!, '1')
    const read = async () => (await app.onecount.engine().read([BEAR], 'ana')).get(BEAR)
    await expect.poll(read).toMatchObject({ count: 447, liked: true, source: 'redis' })
    app.redis?.disconnect()
  })

  it('does not work with a setting that cannot be understood, and names it', async () => {
    const app = await application(cluster.urls[0]!, 'yes')
    expect(app.onecount.engine).toThrow(
      expect.objectContaining({
        code: 'misconfigured',
        options: expect.objectContaining({ field: 'REDIS_CLUSTER' }),
      }),
    )
    expect(app.redis).toBeNull()
  })
})
