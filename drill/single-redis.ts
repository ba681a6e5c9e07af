import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultProxy } from '@onecount/dev-stack/fault-proxy'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import { until } from '@onecount/dev-stack/process'
import { type RedisServer, startRedisServer, startRedisServerAgain } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { buildPackage } from '../packages/onecount/scripts/build'
import type { Store } from './stack'

const WORKER = join(import.meta.dirname, '../packages/onecount/bin/onecount.mjs')

/** With `everysec` Redis may answer up to two seconds before it writes: a kill then loses what it has acknowledged. */
const KEEPS_ALL = ['--appendfsync', 'always']

/** One Redis that keeps an append-only file, at times with a replica. */
export class SingleRedis implements Store {
  readonly partitions = 1
  readonly worker = [WORKER, 'worker', '--every', '50']
  client!: Redis
  #primary!: RedisServer
  #replica!: RedisServer
  #servers = 0
  #backup: string | null = null
  #links!: Record<'clients' | 'replication', FaultProxy>

  private constructor(readonly dir: string) {}

  static async start(dir: string): Promise<SingleRedis> {
    await buildPackage()
    const redis = new SingleRedis(dir)
    redis.#primary = await redis.#startServer()
    redis.#links = {
      clients: await FaultProxy.to(redis.#primary.port, 'resp'),
      replication: await FaultProxy.to(redis.#primary.port, null),
    }
    redis.#look()
    return redis
  }

  /** The only way of the application and the worker to Redis. */
  get link(): FaultProxy {
    return this.#links.clients
  }

  get url(): string {
    return `redis://127.0.0.1:${this.link.port}`
  }

  async #startServer(args: string[] = []): Promise<RedisServer> {
    return killOnExit(
      await startRedisServer({
        dir: join(this.dir, `redis-${this.#servers++}`),
        args: [...KEEPS_ALL, ...args],
      }),
    )
  }

  /** Our own eyes on the Redis of now. */
  #look(): void {
    this.client?.disconnect()
    this.client = new Redis(this.#primary.url)
    this.client.on('error', () => {})
  }

  kill = () => this.#primary.kill()

  /** Redis with what its append-only file holds. */
  async restart(): Promise<void> {
    await this.#restartPrimary([])
  }

  async #restartPrimary(args: string[]): Promise<void> {
    const { dir, port } = this.#primary
    this.#primary = killOnExit(await startRedisServerAgain({ dir, port, args: [...KEEPS_ALL, ...args] }))
    this.#look()
  }

  /** What a restore will bring back. */
  async backUp(): Promise<void> {
    await this.client.save()
    this.#backup = join(this.dir, 'backup.rdb')
    await copyFile(join(this.#primary.dir, 'dump.rdb'), this.#backup)
  }

  /** Kills Redis, and starts it with the backup instead of what it held. */
  async restore(): Promise<void> {
    const { dir } = this.#primary
    await this.#primary.kill()
    await rm(join(dir, 'appendonlydir'), { recursive: true, force: true })
    await copyFile(this.#backup!, join(dir, 'dump.rdb'))
    await this.#restartPrimary(['--appendonly', 'no'])
    await this.#appendAgain()
  }

  /** Until the append-only file is written anew, a kill would lose everything. */
  async #appendAgain(): Promise<void> {
    await this.client.config('SET', 'appendonly', 'yes')
    await until('the append-only file', { ...this.#primary, lastWords: () => '' }, async () => {
      const info = await this.client.info('persistence')
      return info.includes('aof_rewrite_in_progress:0') && info.includes('aof_rewrite_scheduled:0')
    })
  }

  /** Replication goes through a link that can be silent: then the replica lags. */
  async startReplica(): Promise<void> {
    const { replication } = this.#links
    replication.retarget(this.#primary.port)
    this.#replica = await this.#startServer(['--replicaof', '127.0.0.1', String(replication.port)])
    const client = new Redis(this.#replica.url)
    await until('the replica', { ...this.#replica, lastWords: () => '' }, async () =>
      (await client.info('replication')).includes('master_link_status:up'),
    )
    client.disconnect()
  }

  /** From now on the replica hears nothing. */
  silenceReplication(): void {
    this.#links.replication.silence()
  }

  /** Kills the primary, makes the replica one, however far it got. */
  async promoteReplica(): Promise<void> {
    await this.#primary.kill()
    await rm(this.#primary.dir, { recursive: true, force: true })
    this.#primary = this.#replica
    this.#look()
    await this.client.replicaof('NO', 'ONE')
    this.link.retarget(this.#primary.port)
  }

  async keysLike(pattern: string): Promise<string[]> {
    return this.client.keys(pattern)
  }

  async stop(): Promise<void> {
    this.client?.disconnect()
    for (const link of Object.values(this.#links ?? {})) link.close()
    await Promise.all([this.#replica, this.#primary].map(server => server?.kill()))
  }
}
