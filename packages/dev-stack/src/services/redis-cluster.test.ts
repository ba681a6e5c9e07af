import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RedisCluster, startRedisCluster } from './redis-cluster'

const KEY = 'post:likes:{1}'

let cluster: RedisCluster
beforeEach(async () => {
  cluster = await startRedisCluster()
})
afterEach(() => cluster.stop())

/** What the cluster holds under `KEY`. */
const held = async () => (await cluster.primaryOf(KEY)).admin.get(KEY)

describe('a Redis Cluster of this machine', () => {
  it('serves a key from one primary, which has a replica', async () => {
    const primary = await cluster.primaryOf(KEY)
    await primary.admin.set(KEY, '447')
    expect(await primary.admin.wait(1, 10_000)).toBe(1)
    const replica = await cluster.replicaOf(primary)
    await replica.admin.readonly()
    expect(await replica.admin.get(KEY)).toBe('447')
  })

  it('moves a slot in steps, and its keys with it', async () => {
    const from = await cluster.primaryOf(KEY)
    const to = await cluster.primaryOf('post:likes:{3}')
    expect(to).not.toBe(from)
    await from.admin.mset(KEY, '447', 'a{1}', '1', 'b{1}', '2')
    const move = await cluster.moveSlot(await cluster.slotOf(KEY), from, to)
    expect(await move.migrate(2)).toBe(1)
    await move.finish()
    await expect.poll(() => cluster.primaryOf(KEY)).toBe(to)
    expect(await held()).toBe('447')
  })

  it('fails over on demand without loss', async () => {
    const primary = await cluster.primaryOf(KEY)
    await primary.admin.set(KEY, '447')
    const promoted = await cluster.failover(primary)
    await expect.poll(() => cluster.primaryOf(KEY)).toBe(promoted)
    await cluster.ready()
    expect(await cluster.replicaOf(promoted)).toBe(primary)
    expect(await held()).toBe('447')
  })

  it('replaces a primary that was killed, which comes back as a replica', async () => {
    const primary = await cluster.primaryOf(KEY)
    const replica = await cluster.replicaOf(primary)
    await primary.admin.set(KEY, '447')
    await primary.admin.wait(1, 10_000)
    await cluster.kill(primary)
    await expect.poll(() => cluster.primaryOf(KEY)).toBe(replica)
    await cluster.ready()
    expect(await held()).toBe('447')
    await cluster.restart(primary)
    await cluster.ready()
    expect(await cluster.replicaOf(replica)).toBe(primary)
    expect(await held()).toBe('447')
  })
})
