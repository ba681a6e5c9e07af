import type { RedisPort } from 'onecount'
import { createRedisClient, createRedisCluster, ioredisClusterPort, ioredisPort } from 'onecount/redis'

export interface ConnectedRedis {
  port: RedisPort
  disconnect(): void
}

/**
 * Connects to the Redis that a process of the drill is told of: one address, or with commas between them the addresses of
 * a cluster's nodes. `commandTimeout`: deadline of a call, milliseconds; the driver's own where left out.
 */
export function connectRedis(addresses: string, commandTimeout?: number): ConnectedRedis {
  const urls = addresses.split(',')
  const options = commandTimeout === undefined ? {} : { commandTimeout }
  if (urls.length > 1) {
    const cluster = createRedisCluster(urls, { redisOptions: options })
    return { port: ioredisClusterPort(cluster), disconnect: () => cluster.disconnect() }
  }
  const client = createRedisClient(addresses, options)
  return { port: ioredisPort(client), disconnect: () => client.disconnect() }
}
