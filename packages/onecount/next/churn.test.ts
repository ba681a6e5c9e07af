import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgresServer } from '@/dev/services/postgres-server'
import { type RedisCluster, startRedisCluster } from '@/dev/services/redis-cluster'
import { type RedisServer, startRedisServer } from '@/dev/services/redis-server'
import { scriptsIn } from '../simulation/engine'
import { Keyspace } from '../simulation/keyspace'
import { OnecountError, StoreUnavailable } from '../src/core/errors'
import { isLikedOp, nextOp } from '../src/core/op'
import { clusterScripts, createRedisCluster } from '../src/redis/cluster'
import { createRandom } from '../test/support/random'
import { createOnecount, type Onecount } from './core/onecount'
import type { RedisPort } from './core/ports'
import { postgresJsPort } from './postgres/drivers'
import { createNextDatabase, type NextDatabase } from './postgres/test-database'

const SCRIPTS = scriptsIn(join(import.meta.dirname, 'lua'))
const INSTANCES = 3
const BASE = 5
const POSTS = Array.from({ length: 12 }, (_, n) => `50050001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`)
const SESSIONS = Array.from({ length: 24 }, (_, n) => `session-${n}`)
const PRESSES = 60

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgresServer({ fsync: false })
}, 60_000)
afterAll(() => server?.stop())

/** Presses of every session, one after the other: the newest op of each pair that was acknowledged, and how it lasts. */
async function press(instances: Onecount[], session: number, ack: 'redis' | 'postgres') {
  const random = createRandom(session)
  const told = new Map<string, number>()
  let last = 0
  let failed = 0
  for (let i = 0; i < PRESSES; i++) {
    const post = random.pick(POSTS)
    const liked = random.chance(0.6)
    last = nextOp(Date.now() * 1000, last, liked)
    try {
      const state = await random.pick(instances).set(post, SESSIONS[session]!, liked, { op: last, ack })
      told.set(`${post}|${SESSIONS[session]}`, state.op)
      if (ack === 'postgres') expect(state.durable).toBe(true)
    } catch (error) {
      if (!(error instanceof OnecountError)) throw error
      failed++
    }
    if (random.chance(0.3)) await random.pick(instances).read(POSTS, SESSIONS[session]!)
  }
  return { told, failed }
}

/** Drains at every instance for as long as the work goes on. */
async function whileDraining<T>(instances: Onecount[], work: Promise<T>): Promise<T> {
  let isOver = false
  const drains = instances.map(async onecount => {
    while (!isOver) {
      const tick = await onecount.drain.once().catch(ignoreOutage)
      if (!tick?.more) await new Promise(resolve => setTimeout(resolve, 5))
    }
  })
  const result = await work.finally(() => {
    isOver = true
  })
  await Promise.all(drains)
  return result
}

function ignoreOutage(error: unknown): null {
  if (!(error instanceof StoreUnavailable)) throw error
  return null
}

/** Both stores say the same of every post and every heart, and nothing that was acknowledged is lost. */
async function expectSame(
  onecount: Onecount,
  database: NextDatabase,
  told: Map<string, number>,
): Promise<void> {
  while ((await onecount.drainOnce()).more);
  const { ops } = await database.expectSound(BASE)
  const { posts } = await database.held()
  for (const session of SESSIONS) {
    for (const [post, state] of await onecount.read(POSTS, session)) {
      expect(state).toMatchObject({ source: 'redis', count: posts[post]!.likes })
      expect(state.liked).toBe(isLikedOp(ops[`${post}|${session}`] ?? 0))
    }
  }
  for (const [pair, op] of told) expect(ops[pair] ?? 0, pair).toBeGreaterThanOrEqual(op)
}

async function databaseOf(name: string, partitions: number): Promise<NextDatabase> {
  const database = await createNextDatabase(server, name)
  await database.clear()
  await database.addPosts(POSTS.map(id => ({ id, likes: BASE })))
  await database.setPartitions(partitions)
  return database
}

const instancesOn = (redis: RedisPort[], { sql }: NextDatabase, partitions: number) =>
  redis.map(port =>
    createOnecount({ redis: port, postgres: postgresJsPort(sql), partitions, log: { warn() {} } }),
  )

describe('one Redis, while people press and every instance drains', () => {
  let redis: RedisServer
  let client: Redis
  beforeAll(async () => {
    redis = await startRedisServer()
    client = new Redis(redis.url)
  })
  afterAll(async () => {
    client.disconnect()
    await redis.kill()
  })

  it.each([1, 4])(
    'holds what Postgres holds afterwards, with partitions: %i',
    async partitions => {
      await client.flushall()
      const database = await databaseOf(`churn_${partitions}`, partitions)
      const ports = Array.from({ length: INSTANCES }, () => new Keyspace(client, SCRIPTS, '', Date.now))
      const instances = instancesOn(ports, database, partitions)
      const all = SESSIONS.map((_, i) => press(instances, i, i % 4 === 0 ? 'postgres' : 'redis'))
      const pressed = await whileDraining(instances, Promise.all(all))
      expect(pressed.every(({ failed }) => failed === 0)).toBe(true)
      await expectSame(instances[0]!, database, new Map(pressed.flatMap(({ told }) => [...told])))
    },
    60_000,
  )
})

describe('a Redis Cluster, while people press and every instance drains', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startRedisCluster()
  }, 60_000)
  afterAll(() => cluster?.stop())

  it('loses nothing that is durable when a primary is killed', async () => {
    const database = await databaseOf('churn_cluster', 4)
    const clients = Array.from({ length: INSTANCES }, () =>
      createRedisCluster(cluster.urls, { redisOptions: { commandTimeout: 1000 } }),
    )
    const ports = clients.map((client): RedisPort => {
      const run = clusterScripts(client)
      return { run: (script, keys, args) => run(SCRIPTS[script]!, keys, args) }
    })
    const instances = instancesOn(ports, database, 4)
    const all = Promise.all(SESSIONS.map((_, i) => press(instances, i, 'postgres')))
    const victim = await cluster.primaryOf('{0}likes:q')
    const pressed = await whileDraining(
      instances,
      Promise.all([all, cluster.kill(victim)]).then(([pressed]) => pressed),
    )
    await expect
      .poll(async () => (await cluster.primaryOf('{0}likes:q').catch(() => victim)).id, { timeout: 30_000 })
      .not.toBe(victim.id)
    await cluster.ready()
    await expect.poll(() => instances[0]!.drainOnce().catch(ignoreOutage), { timeout: 10_000 }).not.toBeNull()
    expect(pressed.reduce((sum, { told }) => sum + told.size, 0)).toBeGreaterThan(SESSIONS.length)
    await expectSame(instances[0]!, database, new Map(pressed.flatMap(({ told }) => [...told])))
    for (const client of clients) client.disconnect()
  }, 120_000)
})
