import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { churnDatabase, expectSame, instancesOn, press, SESSIONS, whileDraining } from './support/churn'
import { forAllTests } from './support/for-all-tests'

const INSTANCES = 3
const PRESSES = 60

const postgres = forAllTests(() => startPostgresServer({ fsync: false }))
const redis = forAllTests(startRedisServer)
let clients: Redis[]
beforeEach(async () => {
  clients = Array.from({ length: INSTANCES }, () => createRedisClient(redis.url, { commandTimeout: 20_000 }))
  const admin = new Redis(redis.url)
  await admin.flushall()
  admin.disconnect()
})
afterEach(() => {
  for (const client of clients) client.disconnect()
})

describe('one Redis, while people press and every instance drains', () => {
  it.each([1, 4])('holds what Postgres holds afterwards, with partitions: %i', async partitions => {
    const sql = await churnDatabase(postgres, `churn_${partitions}`, partitions)
    const instances = instancesOn(
      clients.map(client => ioredisPort(client)),
      sql,
      partitions,
    )
    const isOver = (presses: number) => presses >= PRESSES
    const all = SESSIONS.map((_, i) => press(instances, i, i % 4 === 0 ? 'postgres' : 'redis', isOver))
    const pressed = await whileDraining(instances, Promise.all(all))
    expect(pressed.every(({ failed }) => failed === 0)).toBe(true)
    await expectSame(instances[0]!, sql, pressed)
    await sql.end({ timeout: 2 })
  })
})
