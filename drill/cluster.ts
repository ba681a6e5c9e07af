import { type ClusterNode, type RedisCluster, startRedisCluster } from '@onecount/dev-stack/redis-cluster'
import type { Cluster } from 'ioredis'
import { createRedisCluster } from 'onecount/redis'
import { createKeys, tagOf } from '../packages/onecount/src/core/keys'
import type { Store } from './stack'

/** Two for each primary. */
const PARTITIONS = 6
/** Our own client waits longer than the engine's: what it is asked comes after the fault. */
const PATIENCE_MS = 5000
/** A slot moves in steps of so many keys, so that people meet it in every state. */
const STEP_KEYS = 5
const STEP_MS = 50
/** By then a replica is promoted, also on a busy machine, milliseconds. */
const PROMOTED_MS = 60_000
const POLL_MS = 20
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

/** Three primaries that share the partitions, each with a replica. */
export class ClusterRedis implements Store {
  readonly partitions = PARTITIONS
  readonly worker = ['--import', 'tsx', `${import.meta.dirname}/cluster-worker.ts`]
  readonly url: string
  readonly client: Cluster
  readonly #cluster: RedisCluster

  private constructor(cluster: RedisCluster) {
    this.#cluster = cluster
    this.url = cluster.urls.join()
    this.client = createRedisCluster(cluster.urls, { redisOptions: { commandTimeout: PATIENCE_MS } })
  }

  static async start(): Promise<ClusterRedis> {
    return new ClusterRedis(await startRedisCluster({ args: ['--cluster-require-full-coverage', 'no'] }))
  }

  /** Kills a primary, and starts it again once its replica is promoted: as the replica of that one. */
  async killPrimary(): Promise<void> {
    const { primary, queue } = await this.#somePartition()
    await this.#cluster.kill(primary)
    await this.#promoted(primary, queue)
    await this.#cluster.restart(primary)
    await this.#cluster.ready()
  }

  /** Stops a primary with its connections open, until its replica is promoted. */
  async pausePrimary(): Promise<void> {
    const { primary, queue } = await this.#somePartition()
    this.#cluster.freeze(primary)
    await this.#promoted(primary, queue)
    this.#cluster.thaw(primary)
    await this.#cluster.ready()
  }

  /** Kills a replica, and starts it again after `ms`. */
  async killReplica(ms: number): Promise<void> {
    const { primary } = await this.#somePartition()
    const replica = await this.#cluster.replicaOf(primary)
    await this.#cluster.kill(replica)
    await pause(ms)
    await this.#cluster.restart(replica)
    await this.#cluster.ready()
  }

  /** Moves the slot of a partition to another primary, a few keys at a time. */
  async moveSlot(): Promise<void> {
    const { primary, queue } = await this.#somePartition()
    const others = (await this.#primaries()).filter(node => node !== primary)
    const to = others[Math.floor(Math.random() * others.length)]!
    const { migrate, finish } = await this.#cluster.moveSlot(await this.#cluster.slotOf(queue), primary, to)
    while ((await migrate(STEP_KEYS)) > 0) await pause(STEP_MS)
    await finish()
    await this.#cluster.ready()
  }

  /** The queue of a partition, and the primary that serves it. */
  async #somePartition(): Promise<{ primary: ClusterNode; queue: string }> {
    const queue = createKeys(tagOf(Math.floor(Math.random() * PARTITIONS), PARTITIONS)).q
    return { primary: await this.#cluster.primaryOf(queue), queue }
  }

  /** Waits until another node than `former` serves the queue. @throws when none does in time */
  async #promoted(former: ClusterNode, queue: string): Promise<void> {
    for (const end = Date.now() + PROMOTED_MS; Date.now() < end; await pause(POLL_MS)) {
      const primary = await this.#cluster.primaryOf(queue).catch(() => former)
      if (primary !== former) return
    }
    throw new Error(`no replica was promoted in place of ${former.url} within ${PROMOTED_MS} ms`)
  }

  async #primaries(): Promise<ClusterNode[]> {
    const roles = await Promise.all(this.#cluster.nodes.map(({ admin }) => admin.role()))
    return this.#cluster.nodes.filter((_, i) => roles[i]![0] === 'master')
  }

  async keysLike(pattern: string): Promise<string[]> {
    const primaries = await this.#primaries()
    return (await Promise.all(primaries.map(({ admin }) => admin.keys(pattern)))).flat()
  }

  async stop(): Promise<void> {
    this.client.disconnect()
    await this.#cluster.stop()
  }
}
