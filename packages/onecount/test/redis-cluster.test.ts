import { startRedisCluster } from '@onecount/dev-stack/redis-cluster'
import { Redis } from 'ioredis'
import { createRedisCluster, ioredisClusterPort } from 'onecount/redis'
import { redisContract } from 'onecount/testing'
import { monitored } from './support/redis-monitor'

/** The hash tag of a partition: all its keys are in one slot. */
const tag = '{0}'

redisContract(
  'ioredis on a Redis Cluster',
  async () => {
    const redis = await startRedisCluster()
    const driver = createRedisCluster(redis.urls, { redisOptions: { commandTimeout: 20_000 } })
    const plain = new Redis((await redis.primaryOf(tag)).url)
    return {
      port: ioredisClusterPort(driver),
      tag,
      command: (name: string, ...args: (string | number)[]) => plain.call(name, ...args),
      monitor: (work: () => Promise<unknown>) => monitored(plain, work),
      async close() {
        driver.disconnect()
        plain.disconnect()
        await redis.stop()
      },
    }
  },
  { maxmemory: true, replicaof: false, monitor: true },
)
