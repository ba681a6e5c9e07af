import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { Redis, type RedisOptions } from 'ioredis'
import { createRedisMock } from 'js-redis-server'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import { redisContract } from 'onecount/testing'
import { monitored } from './support/redis-monitor'

function underTest(url: string, end: () => Promise<unknown>, options?: RedisOptions) {
  const driver = createRedisClient(url, options)
  const plain = new Redis(url)
  return {
    port: ioredisPort(driver),
    command: (name: string, ...args: (string | number)[]) => plain.call(name, ...args),
    monitor: (work: () => Promise<unknown>) => monitored(plain, work),
    async close() {
      driver.disconnect()
      plain.disconnect()
      await end()
    },
  }
}

redisContract(
  'ioredis on redis-server',
  async () => {
    const server = await startRedisServer()
    return underTest(server.url, server.stop, { commandTimeout: 20_000 })
  },
  { maxmemory: true, replicaof: true, monitor: true },
)

// The in-process server has no memory limit, cannot be a replica and does not support MONITOR; and it shares its thread
// with the tests, so a call has a longer deadline.
redisContract(
  'ioredis on the in-process server',
  async () => {
    const server = await createRedisMock()
    return underTest(server.url, () => server.close(), { commandTimeout: 10_000 })
  },
  { maxmemory: false, replicaof: false, monitor: false },
)
