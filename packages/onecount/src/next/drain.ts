import type { Cluster, Redis } from 'ioredis'
import type { RedisClient } from './config'
import type { Parts } from './parts'

/** Longer than a server that starts is too busy to connect within the deadline of one call; milliseconds. */
const CONNECT_MS = 2000

/**
 * Starts the drain of this process, of every kind, and finishes it when the server is asked to stop. Without Redis
 * there is nothing to drain, and Postgres is let forget in time all the same.
 */
export function startDrain({ engines, redis }: Parts): void {
  const { drainer } = engines()
  const source = redis()
  if (!source) {
    drainer.start()
    return
  }
  let isStopping = false
  void connected(source.client).then(() => {
    if (!isStopping) drainer.start()
  })
  if (source.client) void warnOfEviction(source.client as Redis | Cluster)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      isStopping = true
      void drainer.stop()
    })
  }
}

/** Says once that no Redis is named where one is expected: nothing else in the log would. */
export function warnOfNoRedis({ config, env, redis, shared }: Parts): void {
  if (!config.redis || env.REDIS_URL || redis()) return
  shared.once('no-redis', () => {
    console.warn('[onecount] no Redis is set (REDIS_URL, or that of Upstash): Postgres serves alone')
    return true
  })
}

/** Resolves when Redis is connected, and where it is not within a while: then the drain says so. */
async function connected(client: RedisClient | undefined): Promise<void> {
  if (!client) return
  if (client.status === 'wait') client.connect().catch(() => {})
  if (client.status === 'ready') return
  await new Promise<void>(resolve => {
    client.once('ready', resolve)
    setTimeout(resolve, CONNECT_MS).unref()
  })
}

/**
 * A Redis that evicts keys tears posts apart key by key. The engine detects and repairs it, but each time costs a
 * hydration.
 */
async function warnOfEviction(client: Redis | Cluster): Promise<void> {
  if (client.status !== 'ready') await new Promise<void>(resolve => client.once('ready', resolve))
  const nodes = 'nodes' in client ? client.nodes('master') : [client]
  // Some hosts do not let clients read the configuration.
  const replies = await Promise.all(nodes.map(node => node.config('GET', 'maxmemory-policy').catch(() => [])))
  for (const policy of new Set((replies as string[][]).map(reply => reply?.[1]))) {
    if (policy && policy !== 'noeviction')
      console.warn(`[onecount] Redis evicts keys (maxmemory-policy ${policy}): set it to noeviction`)
  }
}
