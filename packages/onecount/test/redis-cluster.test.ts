import { Redis } from 'ioredis'
import { createRedisCluster, ioredisClusterPort } from 'onecount/redis'
import { redisContract } from 'onecount/testing'
import { startRedisCluster } from '@/dev/services/redis-cluster'

/** The hash tag of a partition: all its keys are in one slot. */
const keyPrefix = '{p}'

redisContract(
  'ioredis on a Redis Cluster',
  async () => {
    const redis = await startRedisCluster()
    const driver = createRedisCluster(redis.urls, { keyPrefix, redisOptions: { commandTimeout: 5000 } })
    const { url } = await redis.primaryOf(keyPrefix)
    const plain = new Redis(url, { keyPrefix })
    /** KEYS is given a pattern, which ioredis leaves as it is. */
    const keys = async (pattern: string) =>
      (await plain.keys(keyPrefix + pattern)).map(key => key.slice(keyPrefix.length))
    return {
      port: ioredisClusterPort(driver),
      command: (name: string, ...args: (string | number)[]) =>
        name === 'KEYS' ? keys(String(args[0])) : plain.call(name, ...args),
      async close() {
        driver.disconnect()
        plain.disconnect()
        await redis.stop()
      },
    }
  },
  { maxmemory: true },
)
