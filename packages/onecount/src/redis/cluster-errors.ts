import type { Cluster } from 'ioredis'

const causes = new WeakMap<Cluster, Error>()

/** What ioredis says where it knows no more. */
const SAYS_NOTHING = /^(Connection is closed\.|Failed to refresh slots cache\.)$/

/** Remembers why the last attempt to reach the cluster failed: ioredis itself says only that no node is available. */
export function watchErrors(cluster: Cluster): void {
  const note = (error: Error) => {
    if (!SAYS_NOTHING.test(error.message)) causes.set(cluster, error)
  }
  cluster.on('node error', note)
  cluster.on('error', note)
  cluster.on('ready', () => causes.delete(cluster))
}

/** Why a cluster of `createRedisCluster` is not ready; undefined where nothing is known. */
export const causeOf = (cluster: Cluster): Error | undefined => causes.get(cluster)
