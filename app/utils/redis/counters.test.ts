import { type RedisServer, startRedisServer, startRedisServerAgain } from '@onecount/dev-stack/redis-server'
import { type LocalSupabase, startSupabase } from '@onecount/dev-stack/supabase'
import { createClient } from '@supabase/supabase-js'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'

const BEAR = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const FOX = '50050002-aaaa-bbbb-cccc-ddddeeee0002'
const ABSENT = '50059999-aaaa-bbbb-cccc-ddddeeee9999'

let supabase: LocalSupabase
let redisServer: RedisServer
let redis: Redis
/** The module reads its settings when it is loaded, as it does in the application. */
let app: typeof import('./index')

const inPostgres = async (postId: string) => {
  const admin = createClient(supabase.url, supabase.secretKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  const [{ data: posts }, { data: rows }] = await Promise.all([
    admin.from('posts_new').select('likes').eq('id', postId).single(),
    admin.from('post_ratings').select('session_id').eq('post_id', postId),
  ])
  return { likes: posts?.likes as number, sessions: rows?.map(row => row.session_id as string) ?? [] }
}

beforeAll(async () => {
  ;[supabase, redisServer] = await Promise.all([startSupabase({ seed: true }), startRedisServer()])
  vi.stubEnv('SUPABASE_URL', supabase.url)
  vi.stubEnv('SUPABASE_SECRET_KEY', supabase.secretKey)
  vi.stubEnv('REDIS_URL', redisServer.url)
  app = await import('./index')
  redis = new Redis(redisServer.url, { retryStrategy: () => 100 })
  redis.on('error', () => {})
  // The first call connects; a process that has just started may be too busy for the deadline of a call.
  const isReady = async () => (await app.getLikeCount(BEAR)) === 446 && app.redis?.status === 'ready'
  await vi.waitUntil(isReady, { timeout: 30_000 })
})

afterAll(async () => {
  redis.disconnect()
  app.redis?.disconnect()
  await Promise.all([redisServer.kill(), supabase.kill()])
})

beforeEach(() => {
  vi.restoreAllMocks()
})

describe('with Redis', () => {
  it('toggles a like and keeps the three public keys', async () => {
    expect(app.isRedisConfigured).toBe(true)
    expect(await app.toggleLike(BEAR, 'ana')).toEqual({ success: true, newCount: 447, isLiked: true })
    expect(await redis.get(app.counterKeys.postLikes(BEAR))).toBe('447')
    expect(await redis.sismember(app.counterKeys.postLiked(BEAR), 'ana')).toBe(1)
    expect(await redis.smembers(app.counterKeys.sessionLikes('ana'))).toEqual([BEAR])
    expect(app.counterKeys.postLikes(BEAR)).toBe(`post:likes:${BEAR}`)
    expect(await app.toggleLike(BEAR, 'ana')).toEqual({ success: true, newCount: 446, isLiked: false })
    expect(await redis.smembers(app.counterKeys.sessionLikes('ana'))).toEqual([])
  })

  it('reads counts and liked statuses of many posts, leaving out those that do not exist', async () => {
    await app.toggleLike(FOX, 'ana')
    expect(await app.getLikeCounts([BEAR, FOX, ABSENT])).toEqual(
      new Map([
        [BEAR, 446],
        [FOX, 813],
      ]),
    )
    expect(await app.getLikedStatuses([BEAR, FOX, ABSENT], 'ana')).toEqual(
      new Map([
        [BEAR, false],
        [FOX, true],
      ]),
    )
    expect(await app.isLikedBySession(FOX, 'ana')).toBe(true)
    expect(await app.isLikedBySession(FOX, 'eva')).toBe(false)
    expect(await app.getLikeCount(FOX)).toBe(813)
    expect(await app.getLikeCount(ABSENT)).toBeNaN()
  })

  it('refuses a post that does not exist and one with a malformed id, with a message and without a key', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const keys = (await redis.keys('*')).sort()
    for (const id of [ABSENT, 'no-uuid', '']) {
      expect(await app.toggleLike(id, 'ana')).toMatchObject({
        success: false,
        isLiked: false,
        error: expect.any(String),
      })
    }
    expect((await redis.keys('*')).sort()).toEqual(keys)
    expect(error).toHaveBeenCalledWith(expect.stringContaining('[RedisCounter] toggleLike'))
  })

  it('writes both the row and the count to Postgres, and takes both back', async () => {
    const { newCount } = await app.toggleLike(BEAR, 'leo')
    await app.syncLikeToSupabase(BEAR, 'leo', true, newCount)
    expect(await inPostgres(BEAR)).toEqual({ likes: 447, sessions: expect.arrayContaining(['leo']) })
    const back = await app.toggleLike(BEAR, 'leo')
    await app.syncLikeToSupabase(BEAR, 'leo', false, back.newCount)
    const after = await inPostgres(BEAR)
    expect(after.likes).toBe(446)
    expect(after.sessions).not.toContain('leo')
  })

  it('makes a like durable that never went through Redis, and Redis hears of it', async () => {
    await app.syncLikeToSupabase(BEAR, 'direct', true, 447)
    expect((await inPostgres(BEAR)).sessions).toContain('direct')
    await app.reconcileCounter(BEAR)
    expect(await app.getLikeCount(BEAR)).toBe(447)
    expect(await app.isLikedBySession(BEAR, 'direct')).toBe(true)
    await app.syncLikeToSupabase(BEAR, 'direct', false, 446)
    await app.reconcileCounter(BEAR)
    expect(await redis.get(app.counterKeys.postLikes(BEAR))).toBe('446')
  })

  it('builds a counter anew from the database, and all of them', async () => {
    await redis.flushall()
    expect(await app.syncCounterFromDB(BEAR)).toBe(446)
    expect(await redis.get(app.counterKeys.postLikes(BEAR))).toBe('446')
    await app.initializeCountersFromDB()
    expect((await redis.keys('post:likes:*')).length).toBe(64)
    expect(await app.syncCounterFromDB(ABSENT)).toBeNaN()
  })
})

describe('with Redis stopped', () => {
  it('is served by Postgres, says so with its prefix, and nothing is lost when Redis is back empty', async () => {
    await redisServer.kill()
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(await app.toggleLike(BEAR, 'ida')).toEqual({ success: true, newCount: 447, isLiked: true })
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/^\[RedisCounter\] .*Redis is unavailable/))
    expect(await app.getLikeCount(BEAR)).toBe(447)
    expect(await app.getLikeCounts([BEAR])).toEqual(new Map([[BEAR, 447]]))
    expect(await app.isLikedBySession(BEAR, 'ida')).toBe(true)
    expect(await app.getLikedStatuses([BEAR], 'ida')).toEqual(new Map([[BEAR, true]]))
    expect(await app.syncCounterFromDB(BEAR)).toBe(447)
    await expect(app.initializeCountersFromDB()).resolves.toBeUndefined()
    await expect(app.syncLikeToSupabase(BEAR, 'ida', true, 447)).resolves.toBeUndefined()
    await expect(app.reconcileCounter(BEAR)).resolves.toBeUndefined()

    redisServer = await startRedisServerAgain({ port: redisServer.port })
    await expect.poll(() => app.redis?.status).toBe('ready')
    expect(await app.toggleLike(BEAR, 'kai')).toEqual({ success: true, newCount: 448, isLiked: true })
    expect(await app.isLikedBySession(BEAR, 'ida')).toBe(true)
  })

  it('answers without a number, and never throws, when Postgres is gone too', async () => {
    await Promise.all([redisServer.kill(), supabase.kill()])
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect(await app.toggleLike(BEAR, 'ida')).toMatchObject({ success: false, error: expect.any(String) })
    expect(await app.getLikeCount(BEAR)).toBeNaN()
    expect(await app.getLikeCounts([BEAR])).toEqual(new Map())
    expect(await app.isLikedBySession(BEAR, 'ida')).toBe(false)
    expect(await app.syncCounterFromDB(BEAR)).toBeNaN()
    await expect(app.initializeCountersFromDB()).resolves.toBeUndefined()
    await expect(app.syncLikeToSupabase(BEAR, 'ida', true, 447)).resolves.toBeUndefined()
    await expect(app.reconcileCounter(BEAR)).resolves.toBeUndefined()
    expect(error.mock.calls.some(([line]) => String(line).startsWith('[RedisSync]'))).toBe(true)
  })
})
