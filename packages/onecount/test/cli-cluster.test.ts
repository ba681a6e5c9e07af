import { startRedisCluster } from '@onecount/dev-stack/redis-cluster'
import { createOnecount, type Onecount } from 'onecount'
import { type RedisConnection, redisFromEnv } from 'onecount/redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../src/cli/connect'
import type { Finding } from '../src/cli/doctor/check'
import { readSettings } from '../src/cli/settings'
import { OTHER, POST, POSTS, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const SECRET = 'hunter,2'
const P = 4

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
const redis = forAllTests(() => startRedisCluster({ password: SECRET }))
/** Two of the six nodes; the password is named once. */
let env: Record<string, string>
const connections: RedisConnection[] = []

beforeAll(() => {
  const [first, second] = redis.nodes.map(({ port }) => `127.0.0.1:${port}`)
  env = { REDIS_URL: `redis://${first},redis://:${encodeURIComponent(SECRET)}@${second}` }
})
afterAll(() => {
  for (const { client } of connections) client.disconnect()
})

/** One instance of the application. */
function instance(partitions: number): Onecount {
  const connection = redisFromEnv(env, { commandTimeout: 20_000 })!
  connections.push(connection)
  const { postgres } = stores.ports()
  return createOnecount({ redis: connection.port, postgres, partitions, log: { warn() {} } })
}

const json = (...args: string[]) => cli.json(args, env)
const likesOf = async ({ id }: { id: string }) => {
  const [row] = await stores.sql`select likes from posts_new where id = ${id}`
  return Number(row!.likes)
}
const named = (findings: Finding[], check: string) => findings.filter(found => found.check === check)

describe('one partition of a cluster', () => {
  it('is served by one node, and doctor says how many would use all', async () => {
    await stores.begin(POSTS)
    const app = instance(1)
    await app.hydrateAll()
    await app.set(POST.id, 'ana', true)
    expect((await cli.run(['worker', '--once'], env)).code).toBe(0)
    expect(await likesOf(POST)).toBe(POST.base + 1)
    expect(await json('verify')).toMatchObject({ code: 0, report: { posts: POSTS.length, cold: 0 } })
    const { code, report } = await json('doctor')
    expect(named(report.findings, 'Redis partitions')).toEqual([
      expect.objectContaining({
        verdict: 'warn',
        found: expect.stringContaining('serves everything'),
        fix: expect.stringContaining('npx onecount partitions 12'),
      }),
    ])
    expect({ code, failed: report.failed }).toEqual({ code: 0, failed: 0 })
  })
})

describe('every command on a cluster with several partitions', () => {
  let app: Onecount

  beforeAll(async () => {
    await instance(1).set(OTHER.id, 'ben', true)
    expect(await json('partitions', String(P))).toMatchObject({
      code: 0,
      report: { partitions: P, moved: 1 },
    })
    env = { ...env, ONECOUNT_PARTITIONS: String(P) }
    app = instance(P)
    await app.hydrateAll()
    for (const { id } of POSTS) for (const session of ['ana', 'ben']) await app.set(id, session, true)
  })

  it('worker drains every partition, once or until it is asked to stop', async () => {
    expect((await cli.run(['worker', '--once'], env)).code).toBe(0)
    expect(await Promise.all(POSTS.map(likesOf))).toEqual(POSTS.map(({ base }) => base + 2))
    const { child, ended } = cli.start(['worker', '--every', '20'], env)
    await app.set(POST.id, 'cleo', true)
    await expect.poll(() => likesOf(POST)).toBe(POST.base + 3)
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0, err: '' })
  })

  it('verify finds differences, and reconcile repairs them', async () => {
    await cli.damage()
    expect(await json('verify')).toMatchObject({ code: 1, report: { posts: POSTS.length, differences: 2 } })
    expect(await json('reconcile')).toMatchObject({ code: 0, report: { repaired: 2 } })
    expect(await json('verify')).toMatchObject({ code: 0 })
  })

  it('moderate changes both stores', async () => {
    expect(await json('moderate', 'merge-sessions', 'ben', 'emil')).toMatchObject({
      code: 0,
      report: { complete: true },
    })
    expect((await app.read([OTHER.id], 'emil')).get(OTHER.id)).toMatchObject({ liked: true })
    expect(await json('moderate', 'remove-session', 'emil')).toMatchObject({ code: 0 })
    expect(await json('moderate', 'remove-post', POSTS[5]!.id)).toMatchObject({ code: 0 })
    expect(await json('verify')).toMatchObject({ code: 0, report: { posts: POSTS.length - 1 } })
  })

  it('refused, repair and takeover have nothing to do', async () => {
    expect(await json('refused')).toMatchObject({ code: 0, report: { refused: 0 } })
    expect(await json('repair', '--dry-run')).toMatchObject({ code: 0 })
    expect(await json('takeover')).toMatchObject({ code: 0, report: { changed: false, more: false } })
  })

  it('backfill brings posts to every partition', async () => {
    await Promise.all(redis.nodes.map(({ admin }) => admin.flushall().catch(() => {})))
    expect(await json('backfill')).toMatchObject({
      code: 0,
      report: { posts: POSTS.length - 1, mismatches: 0 },
    })
    expect(await json('verify')).toMatchObject({ code: 0, report: { cold: 0 } })
  })

  it('doctor looks at every node, and names the one that differs', async () => {
    const primary = await redis.primaryOf('{1/4}')
    const replica = await redis.replicaOf(primary)
    await replica.admin.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const { code, report } = await json('doctor')
    await replica.admin.config('SET', 'maxmemory-policy', 'noeviction')
    expect(code).toBe(1)
    expect(named(report.findings, 'Redis eviction')).toEqual([
      expect.objectContaining({ verdict: 'fail', found: `allkeys-lru (127.0.0.1:${replica.port})` }),
      expect.objectContaining({ verdict: 'ok', found: 'noeviction (5 of 6 nodes)' }),
    ])
    expect(named(report.findings, 'Redis Cluster')).toEqual([
      { verdict: 'ok', check: 'Redis Cluster', found: '3 primaries, 3 replicas' },
    ])
    expect(named(report.findings, 'Redis persistence')).toEqual([
      expect.objectContaining({ verdict: 'warn', found: expect.stringContaining('(all 6 nodes)') }),
    ])
    expect(named(report.findings, 'Redis coverage')).toEqual([expect.objectContaining({ verdict: 'warn' })])
    expect(named(report.findings, 'Redis partitions')).toEqual([expect.objectContaining({ verdict: 'ok' })])
    expect(JSON.stringify(report)).not.toContain('hunter')
  })
})

describe('a setting that does not fit', () => {
  /** What a command prints of it. */
  async function refused(changed: Record<string, string>): Promise<string> {
    const { databaseUrl: DATABASE_URL } = stores
    const all = { NODE_ENV: 'test' as const, DATABASE_URL, ...env, ...changed }
    const error = await Promise.resolve()
      .then(() => connect(readSettings(cli.folder, all)))
      .catch((thrown: Error) => thrown)
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).not.toMatch(/hunter/)
    return (error as Error).message
  }
  /** What an application logs of it. */
  async function failed(settings: Record<string, string>): Promise<string> {
    const connection = redisFromEnv(settings, { commandTimeout: 20_000 })!
    connections.push(connection)
    const error = await connection.port
      .run('rank', ['likes:pending', 'likes:rank'], [1])
      .catch(thrown => thrown)
    expect(error).toMatchObject({ name: 'StoreUnavailable', scope: 'store' })
    return error.message
  }
  const one = () => redis.nodes[0]!.url
  const CLUSTER = /node of a Redis Cluster.*: set REDIS_CLUSTER=1, or name several.*REDIS_URL/
  const SINGLE = /a single Redis.*: name one address in REDIS_URL, without REDIS_CLUSTER/

  it('of one node names REDIS_CLUSTER, with one partition or several, in doctor and in the application', async () => {
    for (const ONECOUNT_PARTITIONS of ['1', String(P)])
      expect(await refused({ REDIS_URL: one(), ONECOUNT_PARTITIONS })).toMatch(CLUSTER)
    const { code, report } = await cli.json(['doctor'], { ...env, REDIS_URL: one() })
    expect(named(report.findings, 'Redis')).toEqual([
      expect.objectContaining({ verdict: 'fail', fix: expect.stringContaining('set REDIS_CLUSTER=1') }),
    ])
    expect(code).toBe(1)
    expect(await failed({ REDIS_URL: one() })).toMatch(CLUSTER)
  })

  it('of a single Redis as a cluster names REDIS_URL', async () => {
    const REDIS_URL = stores.redisUrl
    const { code, out, err } = await cli.run(['worker', '--once', '--cluster'], { ...env, REDIS_URL })
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(SINGLE)
    expect(await refused({ REDIS_URL, REDIS_CLUSTER: '1' })).toMatch(SINGLE)
    expect(await failed({ REDIS_URL, REDIS_CLUSTER: '1' })).toMatch(SINGLE)
  })

  it('is fixed by REDIS_CLUSTER or --cluster', async () => {
    expect(await json('verify', '--sample', '1')).toMatchObject({ code: 0 })
    const flagged = await cli.json(['verify', '--cluster'], { ...env, REDIS_URL: one() })
    expect(flagged).toMatchObject({ code: 0 })
    const { close } = await connect({
      redisUrl: one(),
      isCluster: true,
      databaseUrl: stores.databaseUrl,
      partitions: P,
    })
    await close()
  })

  it('is named where it is about the login, the host or TLS', async () => {
    const [first, second] = redis.nodes.map(({ port }) => `127.0.0.1:${port}`)
    expect(await refused({ REDIS_URL: `redis://${first},${second}` })).toMatch(
      /refuses the login .*REDIS_URL/,
    )
    expect(await refused({ REDIS_URL: `redis://:wrong@${first},${second}` })).toMatch(/WRONGPASS.*REDIS_URL/)
    expect(await refused({ REDIS_URL: 'redis://127.0.0.1:9,127.0.0.1:10' })).toMatch(
      /does not answer .*ECONNREFUSED.*REDIS_URL/,
    )
    expect(await refused({ REDIS_URL: `redis://${first},rediss://${second}` })).toMatch(/^REDIS_URL mixes/)
    expect(await refused({ REDIS_CLUSTER: 'yes' })).toMatch(/^REDIS_CLUSTER=yes is not understood/)
  })
})

it('the posts of a cluster go back into one partition', async () => {
  expect(await json('partitions', '1')).toMatchObject({ code: 0, report: { before: P, partitions: 1 } })
  const app = instance(1)
  await app.hydrateAll()
  expect(await app.set(POST.id, 'fay', true)).toMatchObject({ source: 'redis', liked: true })
  expect((await cli.run(['worker', '--once', '--partitions', '1'], env)).code).toBe(0)
  expect(await stores.sql`select from post_ratings where session_id = 'fay'`).toHaveLength(1)
})
