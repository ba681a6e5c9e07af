import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type ClusterNode, type RedisCluster, startRedisCluster } from '@onecount/dev-stack/redis-cluster'
import type { Cluster } from 'ioredis'
import type { Onecount } from 'onecount'
import { createRedisCluster, ioredisClusterPort } from 'onecount/redis'
import type { Sql } from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createKeys, partitionOf, tagOf } from '../src/core/keys'
import {
  churnDatabase,
  expectSame,
  ignoreOutage,
  instancesOn,
  POSTS,
  type Pressed,
  press,
  SESSIONS,
  whileDraining,
} from './support/churn'
import { forAllTests } from './support/for-all-tests'

const INSTANCES = 3
const PARTITIONS = 4
/** A partition whose primary is killed, or whose slot moves. */
const MOVED = 0
const QUEUE = createKeys(tagOf(MOVED, PARTITIONS)).q
const IN_MOVED = POSTS.filter(id => partitionOf(id, PARTITIONS) === MOVED)
const ELSEWHERE = POSTS.filter(id => partitionOf(id, PARTITIONS) !== MOVED)

const postgres = forAllTests(() => startPostgresServer({ fsync: false }))
let cluster: RedisCluster
let clients: Cluster[]
let sql: Sql
let instances: Onecount[]
let tests = 0
beforeEach(async () => {
  cluster = await startRedisCluster()
  clients = Array.from({ length: INSTANCES }, () =>
    createRedisCluster(cluster.urls, { redisOptions: { commandTimeout: 1000 } }),
  )
  sql = await churnDatabase(postgres, `churn_${++tests}`, PARTITIONS)
  instances = instancesOn(
    clients.map(client => ioredisClusterPort(client)),
    sql,
    PARTITIONS,
  )
})
afterEach(async () => {
  for (const client of clients) client.disconnect()
  await sql.end({ timeout: 2 })
  await cluster.stop()
})

/** Everybody presses and every instance drains until `during` is over. */
async function pressWhile(during: () => Promise<unknown>): Promise<Pressed[]> {
  let isOver = false
  // A few presses at least, so that there is something to lose.
  const all = Promise.all(
    SESSIONS.map((_, i) => press(instances, i, 'postgres', presses => isOver && presses >= 10)),
  )
  const work = during().finally(() => {
    isOver = true
  })
  const [pressed] = await whileDraining(instances, Promise.all([all, work]))
  expect(pressed.reduce((sum, { told }) => sum + told.size, 0)).toBeGreaterThan(SESSIONS.length)
  return pressed
}

/** Of a post in each of these states, where a press is counted. */
async function sourcesOf(posts: string[], session: string): Promise<Set<string>> {
  const states = await Promise.all(posts.map(id => instances[0]!.set(id, session, true)))
  return new Set(states.map(({ source }) => source))
}

const drains = () => expect.poll(() => instances[0]!.drainer.flush().catch(ignoreOutage))

/** A primary that does not serve the moved partition. */
async function otherThan(from: ClusterNode): Promise<ClusterNode> {
  const primaries = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(cluster.primaryOf))
  return primaries.find(node => node !== from)!
}

describe('a Redis Cluster, while people press and every instance drains', () => {
  it('loses nothing that is durable when a primary is killed', async () => {
    const victim = await cluster.primaryOf(QUEUE)
    const primary = async () => (await cluster.primaryOf(QUEUE).catch(() => victim)).id
    const pressed = await pressWhile(async () => {
      await cluster.kill(victim)
      await expect.poll(primary).not.toBe(victim.id)
    })
    await cluster.ready()
    await drains().not.toBeNull()
    await expectSame(instances[0]!, sql, pressed)
  })

  it('loses nothing and does not drift while the slot of a partition moves there and back', async () => {
    const home = await cluster.primaryOf(QUEUE)
    const away = await otherThan(home)
    const slot = await cluster.slotOf(QUEUE)
    const pressed = await pressWhile(async () => {
      for (const [from, to] of [
        [home, away],
        [away, home],
      ] as const) {
        const { migrate, finish } = await cluster.moveSlot(slot, from, to)
        for (let step = 0; step < 5; step++) {
          await migrate(2)
          await sourcesOf([IN_MOVED[0]!], SESSIONS[0]!).catch(() => {})
        }
        await finish()
        await expect.poll(() => cluster.primaryOf(QUEUE)).toBe(to)
      }
    })
    await drains().not.toBeNull()
    await expectSame(instances[0]!, sql, pressed)
  })

  it('serves a partition from Postgres while its keys are split between two nodes, and the others from Redis', async () => {
    for (const session of SESSIONS.slice(0, 3)) await sourcesOf(POSTS, session)
    await drains().not.toBeNull()
    const home = await cluster.primaryOf(QUEUE)
    const { migrate, finish } = await cluster.moveSlot(
      await cluster.slotOf(QUEUE),
      home,
      await otherThan(home),
    )
    expect(await migrate(2)).toBeGreaterThan(0)
    expect(await sourcesOf(ELSEWHERE, SESSIONS[1]!)).toEqual(new Set(['redis']))
    expect(await sourcesOf(IN_MOVED, SESSIONS[4]!)).toEqual(new Set(['postgres']))
    const page = await instances[0]!.read(POSTS, SESSIONS[1]!)
    for (const id of POSTS)
      expect(page.get(id)).toMatchObject({
        liked: true,
        source: IN_MOVED.includes(id) ? 'postgres' : 'redis',
      })

    await finish()
    await expect.poll(() => sourcesOf(IN_MOVED, SESSIONS[5]!)).toEqual(new Set(['redis']))
    await drains().not.toBeNull()
    await expectSame(instances[0]!, sql, [])
    const likes = await instances[0]!.read(IN_MOVED, SESSIONS[4]!)
    expect([...likes.values()].map(({ count, liked }) => [count, liked])).toEqual(
      IN_MOVED.map(() => [5 + 5, true]),
    )
  })
})
