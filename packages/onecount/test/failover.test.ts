import { FaultProxy } from '@onecount/dev-stack/fault-proxy'
import { type RedisServer, startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { createOnecount, type Onecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }

const stores = forAllTests(startStores)
let servers: [RedisServer, RedisServer]
/** Plain clients of both servers. */
let admins: [Redis, Redis]
/** The address that the application knows, as a name that leads to the primary. */
let address: FaultProxy
let client: Redis
let onecount: Onecount
beforeEach(async () => {
  await stores.begin([POST])
  const args = ['--repl-diskless-sync-delay', '0']
  servers = [await startRedisServer({ args }), await startRedisServer({ args })]
  admins = [new Redis(servers[0].url), new Redis(servers[1].url)]
  address = await FaultProxy.to(servers[0].port, null)
  client = createRedisClient(`redis://127.0.0.1:${address.port}`, { commandTimeout: 20_000 })
  onecount = createOnecount({
    redis: ioredisPort(client),
    postgres: postgresJsPort(stores.sql),
    log: { warn() {} },
  })
  await replicate(1)
})
afterEach(async () => {
  client.disconnect()
  for (const admin of admins) admin.disconnect()
  address.close()
  await Promise.all(servers.map(server => server.kill()))
})

const shown = async (session = 'ana') => (await onecount.read([POST.id], session)).get(POST.id)!

/** Makes one server a replica of the other, and waits until it has everything. */
async function replicate(replica: 0 | 1): Promise<void> {
  await admins[replica].replicaof('127.0.0.1', servers[1 - replica]!.port)
  await expect.poll(() => admins[replica].info('replication')).toContain('link_status:up')
}

/** The second server is the primary from now on; connections to the first one stay, new ones reach the second. */
async function failOver(): Promise<void> {
  await admins[1].replicaof('NO', 'ONE')
  address.lead(servers[1].port)
}

async function warm(): Promise<void> {
  await onecount.set(POST.id, 'ana', true)
  await onecount.drainer.flush()
  expect(await shown()).toMatchObject({ count: 447, liked: true, source: 'redis' })
  await expect.poll(() => admins[1].get(stores.keys.likes(POST.id))).toBe('447')
}

/** What another process does at the new primary. */
async function elsewhere<T>(use: (engine: Onecount) => Promise<T>): Promise<T> {
  const other = createRedisClient(servers[1].url, { commandTimeout: 20_000 })
  try {
    return await use(
      createOnecount({
        redis: ioredisPort(other),
        postgres: postgresJsPort(stores.sql),
        log: { warn() {} },
      }),
    )
  } finally {
    other.disconnect()
  }
}

describe('after a failover that leaves the old connection open', () => {
  it('no read is answered by the demoted primary: Postgres answers, and then the new primary does', async () => {
    await warm()
    await failOver()
    await replicate(0)
    await elsewhere(async other => {
      await other.set(POST.id, 'ben', true)
      await other.drainer.flush()
    })
    const first = await shown()
    expect(first).toMatchObject({ count: 448, source: 'postgres' })
    await expect.poll(() => shown(), { timeout: 10_000 }).toMatchObject({ count: 448, source: 'redis' })
    expect(await onecount.set(POST.id, 'eva', true)).toMatchObject({ count: 449, source: 'redis' })
    expect(await admins[1].get(stores.keys.likes(POST.id))).toBe('449')
  })

  it('one read is enough to leave it, also where nothing is pressed', async () => {
    await warm()
    await failOver()
    await replicate(0)
    await shown()
    await expect.poll(() => connectionsOf(1), { timeout: 10_000 }).toBe(1)
    expect(await connectionsOf(0)).toBe(0)
  })

  it('a press that the demoted primary refuses is accepted by Postgres, and counted once', async () => {
    await warm()
    await failOver()
    await replicate(0)
    const { op, ...answer } = await onecount.set(POST.id, 'ben', true)
    expect(answer).toMatchObject({ count: 448, liked: true, durable: true, source: 'postgres' })
    await expect.poll(() => shown('ben'), { timeout: 10_000 }).toMatchObject({ source: 'redis' })
    await onecount.set(POST.id, 'ben', true, { op })
    await onecount.drainer.flush()
    expect(await shown('ben')).toMatchObject({ count: 448, liked: true })
  })

  it('a press that is repeated is not answered by the demoted primary from what it remembers', async () => {
    await warm()
    const { op } = await onecount.set(POST.id, 'ben', true)
    await onecount.drainer.flush()
    await failOver()
    // Demoted, and cut off from the new primary: it answers with what it had.
    await admins[0].replicaof('127.0.0.1', 1)
    await elsewhere(async other => {
      await other.set(POST.id, 'ben', false)
      await other.drainer.flush()
    })
    expect(await onecount.set(POST.id, 'ben', true, { op })).toMatchObject({ count: 447, liked: false })
  })

  it('health and the ranking do not speak of the demoted primary', async () => {
    await warm()
    await onecount.hydrateAll()
    await failOver()
    await replicate(0)
    expect(await onecount.health()).toMatchObject({ status: 'degraded', redis: 'down' })
    await expect.poll(() => onecount.health(), { timeout: 10_000 }).toMatchObject({ status: 'ok' })
    expect(await onecount.ranking(1)).toEqual([POST.id])
  })

  it('a replica that has lost its primary answers nothing, and is left', async () => {
    await warm()
    await failOver()
    await admins[0].config('SET', 'replica-serve-stale-data', 'no')
    await admins[0].replicaof('127.0.0.1', 1)
    expect(await shown()).toMatchObject({ count: 447, source: 'postgres' })
    await expect.poll(() => shown(), { timeout: 10_000 }).toMatchObject({ count: 447, source: 'redis' })
  })

  it('a primary that has lost its replicas, and takes no writes, answers no reads either', async () => {
    await warm()
    await failOver()
    await admins[0].config('SET', 'min-replicas-to-write', '1')
    await expect.poll(() => admins[0].set('x', '1').catch(error => error.message)).toContain('NOREPLICAS')
    await elsewhere(async other => {
      await other.set(POST.id, 'ben', true)
      await other.drainer.flush()
    })
    expect(await shown()).toMatchObject({ count: 448, source: 'postgres' })
    await expect.poll(() => shown(), { timeout: 10_000 }).toMatchObject({ count: 448, source: 'redis' })
  })
})

it('where the address still leads to the replica, Postgres serves, and not every call connects anew', async () => {
  await warm()
  await admins[1].replicaof('NO', 'ONE')
  await replicate(0)
  const before = address.accepted
  const states = []
  const end = performance.now() + 1000
  while (performance.now() < end) states.push(await shown())
  expect(new Set(states.map(state => state.source))).toEqual(new Set(['postgres']))
  expect(address.accepted - before).toBeLessThan(15)
})

/** Clients that reached a server through the address, by what they have run. */
async function connectionsOf(server: 0 | 1): Promise<number> {
  const clients = (await admins[server].client('LIST')) as string
  return clients.split('\n').filter(line => /cmd=(evalsha|eval|info)\b/.test(line)).length
}
