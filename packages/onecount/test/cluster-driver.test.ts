import { FaultProxy } from '@onecount/dev-stack/fault-proxy'
import { type ClusterNode, type RedisCluster, startRedisCluster } from '@onecount/dev-stack/redis-cluster'
import type { Cluster, Redis } from 'ioredis'
import { StoreUnavailable } from 'onecount'
import { createRedisCluster, ioredisClusterPort } from 'onecount/redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  answered,
  COUNT_CALL,
  countCall,
  expectAnswers,
  expectDistinctCounts,
  expectEachOnce,
  Load,
} from './support/cluster-load'

/** Deadline of a call, and by when a busy machine has noticed it, milliseconds. */
const DEADLINE = 250
const NOTICED = 1000
/** They are in slots of all primaries. */
const TAGS = Array.from({ length: 12 }, (_, i) => `p${i}`)
/** A tag that no other test uses. */
const freshTag = () => `t${++tagsUsed}`
let tagsUsed = 0

let redis: RedisCluster
const clients: Cluster[] = []
const startCluster = async () => {
  redis = await startRedisCluster({ password: 'secret' })
}
const stopCluster = () => redis.stop()
afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect()
})

/** Is told one node and discovers the others. */
function connect(commandTimeout = DEADLINE, options = {}): Cluster {
  const client = createRedisCluster([redis.urls[0]!], {
    redisOptions: { commandTimeout },
    ...options,
  })
  clients.push(client)
  return client
}

const primaries = () => Promise.all(TAGS.map(tag => redis.primaryOf(`{${tag}}`)))

async function otherPrimary(than: ClusterNode): Promise<ClusterNode> {
  return (await primaries()).find(node => node !== than)!
}

/** How many calls came to a node that did not serve their slot. */
async function redirections(): Promise<number> {
  const stats = await Promise.all(redis.nodes.map(({ admin }) => admin.info('errorstats')))
  return stats.reduce((sum, text) => sum + Number(/errorstat_MOVED:count=(\d+)/.exec(text)?.[1] ?? 0), 0)
}

/** Starts to move the slot of the tag. */
async function moveTag(tag: string) {
  const from = await redis.primaryOf(`{${tag}}`)
  const to = await otherPrimary(from)
  return { to, ...(await redis.moveSlot(await redis.slotOf(`{${tag}}`), from, to)) }
}

describe('a call', () => {
  beforeAll(startCluster)
  afterAll(stopCluster)

  it('is answered by clients that have just been created and nodes that do not know the script', async () => {
    const warnings: string[] = []
    const listen = (warning: Error) => void warnings.push(warning.name)
    process.on('warning', listen)
    const created = [connect(5000), connect(5000), connect(5000, { lazyConnect: true })]
    const calls = await Promise.all(
      created.flatMap(client => [...TAGS, ...TAGS].map(tag => countCall(client, tag))),
    )
    process.off('warning', listen)
    expect(answered(calls)).toEqual(calls)
    expectDistinctCounts(calls)
    await expectEachOnce(created[0]!, calls)
    expect(warnings).toEqual([])
  })

  it('runs a script of the engine', async () => {
    const port = ioredisClusterPort(connect(5000))
    expect(await port.run('status', ['{p}likes:pending', '{p}likes:recent'], [10])).toEqual([
      '',
      '',
      '0',
      '0',
      '',
    ])
  })

  it('follows ASK to a node that does not know the script', async () => {
    const tag = freshTag()
    const client = connect(5000)
    await countCall(client, tag)
    const { to, migrate } = await moveTag(tag)
    expect(await migrate(10)).toBe(0)
    await to.admin.script('FLUSH')
    expect(await countCall(client, tag)).toMatchObject({ count: 2 })
    expect(await to.admin.script('EXISTS', COUNT_CALL.sha1)).toEqual([1])
    expect(await countCall(client, tag)).toMatchObject({ count: 3 })
  })

  it('waits for keys that are split between two nodes, until its deadline', async () => {
    const tag = freshTag()
    const [patient, client] = [connect(20_000), connect()]
    await countCall(patient, tag)
    // To connect may take a busy machine longer than a call has.
    await expect.poll(() => client.status).toBe('ready')
    await countCall(client, tag)
    const { migrate, finish } = await moveTag(tag)
    expect(await migrate(1)).toBe(1)
    const redirectedBefore = await redirections()
    const late = await countCall(client, tag)
    expect(late.error).toMatchObject({ store: 'redis', message: expect.stringMatching(/TRYAGAIN|timed out/) })
    expect(await redirections()).toBe(redirectedBefore)
    expectAnswers([late], NOTICED)
    const waiting = countCall(patient, tag)
    await finish()
    expect(await waiting).toMatchObject({ count: 3 })
    await expectEachOnce(patient, [late, await waiting])
  })

  it.each([
    ['refuses', () => {}],
    ['would answer reads', (replica: Redis) => replica.call('READONLY')],
  ])('leaves a replica that it takes for the primary and that %s', async (_, prepare) => {
    const tag = freshTag()
    const primary = await redis.primaryOf(`{${tag}}`)
    const { port } = await redis.replicaOf(primary)
    await countCall(connect(5000), tag)
    // A replica is listed as soon as the others know that it has data.
    const listed = async () => JSON.stringify(await redis.nodes[0]!.admin.cluster('SLOTS'))
    await expect.poll(listed).toContain(`${port},`)
    const client = connect(5000)
    await countCall(client, tag)
    await prepare(client.nodes('slave').find(node => node.options.port === port)!)
    // As a slot map says that was read before a failover.
    client.slots[await redis.slotOf(`{${tag}}`)] = [`127.0.0.1:${port}`]
    expect(await countCall(client, tag)).toMatchObject({ count: 3 })
  })

  it('fails in time where the node that ASK leads to hangs, and no rejection is unhandled', async () => {
    const tag = freshTag()
    const client = connect()
    await Promise.all([tag, ...TAGS].map(each => countCall(client, each)))
    const { to, migrate, finish } = await moveTag(tag)
    await migrate(10)
    redis.freeze(to)
    const calls = await Promise.all(Array.from({ length: 20 }, () => countCall(client, tag)))
    redis.thaw(to)
    expect(answered(calls)).toEqual([])
    expectAnswers(calls, NOTICED)
    await finish()
    await expect.poll(() => countCall(client, tag)).toHaveProperty('count')
  })

  it('is not sent again when its answer is lost', async () => {
    const links = new Map<number, FaultProxy>()
    for (const { port } of redis.nodes) links.set(port, await FaultProxy.to(port, 'resp'))
    const tag = freshTag()
    const ways = [...links].map(([port, link]) => [
      `127.0.0.1:${port}`,
      { host: '127.0.0.1', port: link.port },
    ])
    const client = connect(DEADLINE, { natMap: Object.fromEntries(ways) })
    await expect.poll(() => countCall(client, tag)).toHaveProperty('count')
    const load = new Load([client], TAGS)
    for (const link of links.values()) link.inject('reset in mid-reply')
    const injected = () => [...links.values()].reduce((sum, link) => sum + link.injected, 0)
    await expect.poll(injected).toBeGreaterThan(100)
    for (const link of links.values()) link.heal()
    await load.servesAll()
    const calls = await load.stop()
    expectAnswers(calls, NOTICED)
    expect(await expectEachOnce(connect(5000), calls)).toBeGreaterThan(0)
    for (const link of links.values()) link.close()
  })

  it('fails in time where no node is there, and works again when one is', async () => {
    const tag = freshTag()
    const client = connect()
    await countCall(client, tag)
    redis.nodes.forEach(redis.freeze)
    const calls = await Promise.all(TAGS.map(tag => countCall(client, tag)))
    redis.nodes.forEach(redis.thaw)
    expect(answered(calls)).toEqual([])
    expectAnswers(calls, NOTICED)
    await expect.poll(() => countCall(client, tag)).toHaveProperty('count')
  })
})

describe('under load from several clients', () => {
  beforeEach(startCluster)
  afterEach(stopCluster)
  const tag = TAGS[0]!

  const start = async () => {
    const load = new Load([connect(), connect(), connect()], TAGS)
    await load.servesAll()
    return load
  }

  it('slots move: every call is answered right or fails in time, and is executed once at most', async () => {
    const load = await start()
    for (const tag of TAGS.slice(0, 6)) {
      const { to, migrate, finish } = await moveTag(tag)
      const seen = (count: number) => expect.poll(() => load.calls.length).toBeGreaterThan(count)
      await migrate(1)
      await seen(load.calls.length + 50)
      await migrate(1)
      await seen(load.calls.length + 50)
      await finish()
      await expect.poll(() => redis.primaryOf(`{${tag}}`)).toBe(to)
    }
    await load.servesAll()
    const calls = await load.stop()
    expectAnswers(calls, NOTICED)
    expectDistinctCounts(calls)
    await expectEachOnce(connect(5000), calls)
  })

  it('a replica takes over on demand: nothing that was answered is lost', async () => {
    const load = await start()
    const primary = await redis.primaryOf(`{${tag}}`)
    const promoted = await redis.failover(primary)
    await expect.poll(() => redis.primaryOf(`{${tag}}`)).toBe(promoted)
    await load.servesAll()
    const calls = await load.stop()
    expectAnswers(calls, NOTICED)
    expectDistinctCounts(calls)
    await redis.ready()
    await expectEachOnce(connect(5000), calls)
  })

  it('a primary is killed: what its replica has confirmed is kept', async () => {
    const load = await start()
    const primary = await redis.primaryOf(`{${tag}}`)
    const confirmed = answered(load.calls)
    // WAIT counts from the connection's last write, and replication keeps the order.
    await primary.admin.set(`{${tag}}mark`, '1')
    expect(await primary.admin.wait(1, 10_000)).toBe(1)
    await redis.kill(primary)
    await load.servesAll()
    const calls = await load.stop()
    expectAnswers(calls, NOTICED)
    expect(calls.some(call => call.error instanceof StoreUnavailable)).toBe(true)
    await expectEachOnce(connect(5000), calls, confirmed)
  })

  it('a primary hangs: calls do not wait for it, and its replica serves', async () => {
    const load = await start()
    const primary = await redis.primaryOf(`{${tag}}`)
    redis.freeze(primary)
    await load.servesAll()
    await expect.poll(() => redis.primaryOf(`{${tag}}`)).not.toBe(primary)
    const calls = await load.stop()
    expectAnswers(calls, NOTICED)
    expect(calls.some(call => call.error instanceof StoreUnavailable)).toBe(true)
    await expectEachOnce(connect(5000), calls, [])
    redis.thaw(primary)
  })
})

it('the id of a cluster is of its configured addresses, in any order, or a given one', () => {
  const idOf = (...urls: string[]) => {
    const cluster = createRedisCluster(urls, { lazyConnect: true })
    clients.push(cluster)
    return ioredisClusterPort(cluster).id
  }
  const id = idOf('redis://a:1', 'redis://b:2')
  expect(id).toMatch(/^[0-9a-f]{16}$/)
  expect(idOf('redis://me:secret@b:2', 'redis://a:1')).toBe(id)
  expect(idOf('redis://a:1')).not.toBe(id)
  expect(ioredisClusterPort(clients[0]!, { id: 'likes' }).id).toBe('likes')
})

it('user, password and TLS of the first URL are used for the nodes that are discovered', () => {
  const { options } = createRedisCluster(['rediss://me:se%40cret@a:1', 'rediss://b:2'], { lazyConnect: true })
  expect(options.redisOptions).toMatchObject({ username: 'me', password: 'se@cret', tls: {} })
})
