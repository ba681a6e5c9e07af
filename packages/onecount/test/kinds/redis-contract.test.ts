import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis } from 'ioredis'
import { variantId } from 'onecount'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import { redisContract } from 'onecount/testing'
import { monitored } from '../support/redis-monitor'

redisContract(
  'ids with a variant',
  async () => {
    const server = await startRedisServer()
    const driver = createRedisClient(server.url, { commandTimeout: 20_000 })
    const plain = new Redis(server.url)
    return {
      port: ioredisPort(driver),
      command: (name: string, ...args: (string | number)[]) => plain.call(name, ...args),
      monitor: (work: () => Promise<unknown>) => monitored(plain, work),
      async close() {
        driver.disconnect()
        plain.disconnect()
        await server.stop()
      },
    }
  },
  { maxmemory: true, replicaof: true, monitor: true, idSuffix: variantId('', '👩‍👩‍👧') },
)
