import type { SupabaseClient } from '@supabase/supabase-js'
import type { Cluster, ClusterOptions, Redis } from 'ioredis'
import type {
  Ack,
  BulkOptions,
  Config,
  Engines,
  ErrorCode,
  Health,
  KindsDrained,
  KindsHealth,
  LikeState,
  Onecount,
  OnecountOptions,
  PostgresPort,
  RedisPort,
  Reply,
  ScriptName,
  Settings,
  Source,
  WriteState,
} from 'onecount'
import * as onecount from 'onecount'
import * as http from 'onecount/http'
import * as ioredisDrivers from 'onecount/ioredis'
import * as joseSessions from 'onecount/jose'
import * as metrics from 'onecount/metrics'
import * as nextServer from 'onecount/next'
import * as postgresDrivers from 'onecount/postgres'
import * as redisDrivers from 'onecount/redis'
import * as supabaseDrivers from 'onecount/supabase'
import * as testing from 'onecount/testing'
import * as upstashDriver from 'onecount/upstash'
import type { Sql } from 'postgres'
import { describe, expect, expectTypeOf, it } from 'vitest'

describe('the public interface', () => {
  it('exports these names and no others', () => {
    expect(Object.keys(onecount).sort()).toEqual([
      'DEFAULT_KIND_CONFIG',
      'DEFAULT_SETTINGS',
      'ERRORS',
      'ForeignRedis',
      'LIKES_EVENT',
      'MAX_OP_AHEAD',
      'OnecountError',
      'Repartitioned',
      'StoreRefused',
      'StoreUnavailable',
      'TOPICS',
      'createClock',
      'createEngines',
      'createKeys',
      'createOnecount',
      'defineConfig',
      'idsOf',
      'isLikedOp',
      'isPostId',
      'isSessionId',
      'nextOp',
      'opTime',
      'parseAck',
      'parseVariantId',
      'topicOf',
      'variantId',
      'variantIds',
    ])
    expect(Object.keys(redisDrivers).sort()).toEqual([
      'FAIL_FAST',
      'SCRIPTS',
      'createRedisClient',
      'createRedisCluster',
      'ioredisClusterPort',
      'ioredisPort',
      'readRedisAddress',
      'redisFromEnv',
    ])
    expect(Object.keys(postgresDrivers).sort()).toEqual([
      'connectPostgresJs',
      'kindSql',
      'postgresJsPort',
      'postgresPort',
      'supabasePort',
    ])
    expect({ ...ioredisDrivers }).toEqual(without(redisDrivers, 'SCRIPTS'))
    expect(Object.keys(http).sort()).toEqual([
      'DEFAULT_LIMITS',
      'NO_LIMITS',
      'SECURE_SESSION_COOKIE',
      'SESSION_COOKIE',
      'SESSION_MAX_AGE',
      'UNKNOWN_IP',
      'clientIp',
      'createErrorLog',
      'createHandler',
      'createLimiter',
      'createPages',
      'createSession',
      'doubtProxyHops',
      'errorResponse',
      'isSecure',
      'nodeListener',
      'openSession',
      'parseLimits',
      'parseSecrets',
      'readSession',
      'redisLimits',
      'serializeSessionCookie',
      'startDrain',
      'withSessionCookie',
    ])
    expect(Object.keys(joseSessions)).toEqual(['tokenSession'])
    expect(Object.keys(metrics)).toEqual(['createMetrics'])
    expect(Object.keys(upstashDriver).sort()).toEqual([
      'REST_SETTINGS',
      'createUpstashClient',
      'readUpstashAddress',
      'upstashFromEnv',
      'upstashPort',
    ])
    expect(Object.keys(supabaseDrivers).sort()).toEqual([
      'broadcastFromEnv',
      'supabaseBroadcast',
      'supabaseFromEnv',
      'supabasePort',
    ])
    expect(Object.keys(nextServer).sort()).toEqual(['onecountNext'])
    expect(Object.keys(testing).sort()).toEqual(['postgresContract', 'redisContract'])
  })

  it('makes an engine of two ports', () => {
    expectTypeOf(onecount.createOnecount).parameters.toEqualTypeOf<[options: OnecountOptions]>()
    expectTypeOf<OnecountOptions>().toHaveProperty('redis').toEqualTypeOf<RedisPort | null>()
    expectTypeOf<OnecountOptions>().toHaveProperty('postgres').toEqualTypeOf<PostgresPort>()
    expectTypeOf<{ postgres: PostgresPort }>().not.toExtend<OnecountOptions>()
    expectTypeOf<NonNullable<OnecountOptions['settings']>>().toEqualTypeOf<Partial<Settings>>()
  })

  it('makes an engine for each kind of a configuration, under its name', () => {
    type Two = Engines<'like' | 'bookmark'>
    expectTypeOf<Two['kinds']>().toEqualTypeOf<Readonly<Record<'like' | 'bookmark', Onecount>>>()
    expectTypeOf<Two['drainer']['stop']>().toEqualTypeOf<Onecount['drainer']['stop']>()
    expectTypeOf<Two['drainer']['flush']>().returns.resolves.toEqualTypeOf<
      KindsDrained<'like' | 'bookmark'>
    >()
    expectTypeOf<Two['health']>().returns.resolves.toEqualTypeOf<KindsHealth<'like' | 'bookmark'>>()
    expectTypeOf<KindsHealth>().toExtend<Health>()
    expectTypeOf(onecount.createEngines<'like'>)
      .parameter(0)
      .toExtend<Config<'like'>>()
    expectTypeOf<keyof Two>().toEqualTypeOf<
      'kinds' | 'main' | 'hasRedis' | 'drainer' | 'drain' | 'drainOnce' | 'prune' | 'health'
    >()
  })

  it('sets, toggles and reads', () => {
    expectTypeOf<Onecount['set']>().parameters.toEqualTypeOf<
      [postId: string, sessionId: string, liked: boolean, options?: { op?: number; ack?: Ack }]
    >()
    expectTypeOf<Onecount['set']>().returns.resolves.toEqualTypeOf<WriteState>()
    expectTypeOf<Onecount['toggle']>().toEqualTypeOf<
      (postId: string, sessionId: string, options?: { ack?: Ack }) => Promise<WriteState>
    >()
    expectTypeOf<Onecount['read']>().toEqualTypeOf<
      (postIds: readonly string[], sessionId?: string | null) => Promise<Map<string, LikeState>>
    >()
    expectTypeOf<Onecount['ranking']>().toEqualTypeOf<(limit?: number) => Promise<string[]>>()
    expectTypeOf<Onecount['rehydrate']>().returns.resolves.toEqualTypeOf<number | null>()
    expectTypeOf<Onecount['hydrateAll']>().parameter(0).toEqualTypeOf<BulkOptions | undefined>()
    expectTypeOf<Onecount['health']>().returns.resolves.toEqualTypeOf<Health>()
  })

  it('has types that make an application handle unknown counts', () => {
    expectTypeOf<LikeState['count']>().toEqualTypeOf<number | null>()
    expectTypeOf<LikeState['liked']>().toEqualTypeOf<boolean | null>()
    expectTypeOf<Source>().toEqualTypeOf<'redis' | 'lagging' | 'postgres' | 'last-known' | 'unknown'>()
  })

  it('gives every accepted press its op, and says whether it is durable', () => {
    expectTypeOf<WriteState>().toExtend<LikeState>()
    expectTypeOf<WriteState['op']>().toEqualTypeOf<number>()
    expectTypeOf<WriteState['durable']>().toEqualTypeOf<boolean>()
  })

  it('names its errors', () => {
    expectTypeOf<ErrorCode>().toEqualTypeOf<keyof typeof onecount.ERRORS>()
    expectTypeOf<onecount.OnecountError['code']>().toEqualTypeOf<ErrorCode>()
    expectTypeOf<onecount.StoreUnavailable['store']>().toEqualTypeOf<'redis' | 'postgres'>()
    expectTypeOf(onecount.OnecountError).toBeConstructibleWith('unavailable', { field: 'postId' })
    // @ts-expect-error not a code of the registry
    expect(() => new onecount.OnecountError('no such code')).toThrow()
  })

  it('takes the official clients as they are', () => {
    expectTypeOf(redisDrivers.ioredisPort).toEqualTypeOf<(client: Redis) => RedisPort>()
    expectTypeOf(redisDrivers.ioredisClusterPort).toEqualTypeOf<
      (cluster: Cluster, options?: { id?: string }) => RedisPort
    >()
    expectTypeOf(redisDrivers.createRedisCluster).toEqualTypeOf<
      (urls: string[], options?: ClusterOptions) => Cluster
    >()
    expectTypeOf<Sql>().toExtend<postgresDrivers.PostgresJsClient>()
    expectTypeOf<Sql<{ bigint: bigint }>>().toExtend<postgresDrivers.PostgresJsClient>()
    expectTypeOf(postgresDrivers.postgresJsPort)
      .parameter(0)
      .toEqualTypeOf<postgresDrivers.PostgresJsClient>()
    expectTypeOf<SupabaseClient>().toExtend<postgresDrivers.SupabaseRpcClient>()
    expectTypeOf(postgresDrivers.supabasePort).parameter(0).toEqualTypeOf<postgresDrivers.SupabaseRpcClient>()
    expectTypeOf(postgresDrivers.supabasePort).returns.toEqualTypeOf<PostgresPort>()
  })

  it('asks of a Redis driver one method, which answers strings, and which Redis it is', () => {
    expectTypeOf<keyof RedisPort>().toEqualTypeOf<'run' | 'id' | 'isCluster'>()
    expectTypeOf<RedisPort['id']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<RedisPort['run']>().parameter(0).toEqualTypeOf<ScriptName>()
    expectTypeOf<Reply>().toEqualTypeOf<string | Reply[]>()
    expectTypeOf<number>().not.toExtend<Reply>()
  })
})

const without = <T extends object>(names: T, left: keyof T) =>
  Object.fromEntries(Object.entries(names).filter(([name]) => name !== left))
