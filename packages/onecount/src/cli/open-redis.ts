import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { OnecountError } from '../core/errors'
import { createKeys, tagOf } from '../core/keys'
import type { RedisPort } from '../core/ports'
import { readRedisAddress } from '../redis/address'
import { causeOf } from '../redis/cluster-errors'
import { selectDatabase } from '../redis/database'
import { firstConnection } from '../redis/first-connection'
import { kindShownBy } from '../redis/wrong-kind'
import { loadIoredis } from './drivers'
import { MissingSetting, type StoreSettings } from './settings'
import { openAddress, redisAddress, redisUnreachable } from './unreachable'

/** A connection to Redis that is there: to one server, or to a cluster. */
export type RedisStore = { port: RedisPort; urls: string[] } & (
  | { client: Redis; cluster?: undefined }
  | { client: Cluster; cluster: Cluster }
)

/** By when a cluster has told its slots, milliseconds, also where one call may take longer. */
const CONNECT_MS = 10_000

/** @throws MissingSetting; Error which names the cause and the setting */
export async function openRedis(settings: StoreSettings, patienceMs: number): Promise<RedisStore> {
  const store = await createRedis(settings, {
    commandTimeout: patienceMs,
    socketTimeout: patienceMs,
    lazyConnect: true,
  })
  try {
    if (store.cluster) await connectCluster(store.cluster, store.urls, Math.min(CONNECT_MS, patienceMs))
    else {
      await connectSingle(store.client)
      await selectDatabase(store.client)
      await assertSingle(store.client, settings)
    }
    return store
  } catch (error) {
    store.client.disconnect()
    throw redisUnreachable(error, settings)
  }
}

/** Not connected yet, where `options` say `lazyConnect`. @throws MissingSetting */
export async function createRedis(settings: StoreSettings, options: RedisOptions): Promise<RedisStore> {
  const { redisFromEnv } = await loadIoredis()
  const env = envOf(settings)
  const address = refusedAsSetting(() => readRedisAddress(env))!
  const { urls, isCluster } = address
  const open = () => redisFromEnv(env, options)!
  if (!isCluster) return { ...openAddress(redisAddress(urls[0]!), open), urls } as RedisStore
  const { client, port } = open()
  return { client: client as Cluster, cluster: client as Cluster, port, urls }
}

const envOf = ({ redisUrl, isCluster }: StoreSettings) => ({
  REDIS_URL: redisUrl,
  REDIS_CLUSTER: isCluster === undefined ? '' : isCluster ? '1' : '0',
})

/** @throws MissingSetting in place of the engine's own error, which speaks to visitors of an application */
function refusedAsSetting<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof OnecountError) || !error.options.detail) throw error
    throw new MissingSetting(error.options.detail, { setting: error.options.field })
  }
}

async function connectSingle(redis: Redis): Promise<void> {
  // `connect` says only that the connection was closed.
  let cause: unknown
  redis.on('error', error => {
    cause = error
  })
  await redis.connect().catch(error => {
    throw cause ?? error
  })
}

async function connectCluster(cluster: Cluster, [url]: string[], ms: number): Promise<void> {
  let refused: unknown
  const connecting = cluster.connect().catch(error => {
    refused = error
  })
  // It does not settle where the nodes answer and the cluster does not serve.
  await Promise.race([connecting, firstConnection(cluster, ms)])
  if (cluster.status === 'ready') return
  throw causeOf(cluster) ?? (await causeAt(url!)) ?? refused ?? new Error(NOT_SERVING)
}

const NOT_SERVING =
  'the nodes answer, and the cluster does not serve: see CLUSTER INFO, and redis-cli --cluster check'

/** Why a node does not answer, which ioredis does not tell of a cluster; undefined: it answers. */
async function causeAt(url: string): Promise<unknown> {
  const { createRedisClient } = await loadIoredis()
  const node = createRedisClient(url, { lazyConnect: true, retryStrategy: null })
  try {
    await connectSingle(node)
    return undefined
  } catch (error) {
    return error
  } finally {
    node.disconnect()
  }
}

/** Asks as the scripts do: for keys of each partition. @throws the reply that shows a node of a cluster */
async function assertSingle(redis: Redis, { partitions = 1 }: StoreSettings): Promise<void> {
  const asked = Array.from({ length: partitions }, async (_, partition) => {
    const { q, recent, lease } = createKeys(tagOf(partition, partitions))
    await redis.exists(q, recent, lease)
  })
  for (const outcome of await Promise.allSettled(asked))
    if (outcome.status === 'rejected' && kindShownBy(outcome.reason)) throw outcome.reason
}
