import { createHash } from 'node:crypto'
import { startRedisServer } from '@onecount/dev-stack/redis-server'
import { startUpstashServer } from '@onecount/dev-stack/upstash-server'
import { Redis } from 'ioredis'
import { SCRIPTS } from 'onecount/redis'
import { redisContract } from 'onecount/testing'
import { createUpstashClient, upstashPort } from 'onecount/upstash'
import { monitored } from './support/redis-monitor'

/** Digests of the scripts as the local server runs them, a comment in place of the line with the flag. */
const translated = new Map(
  Object.values(SCRIPTS).map(({ source, sha1 }) => [
    createHash('sha1').update(`--\n${source}`).digest('hex'),
    sha1 as string,
  ]),
)
const named = (command: string[]) => command.map(part => translated.get(part) ?? part.replace(/^--\n/, ''))

redisContract(
  'the client of Upstash, over HTTP',
  async () => {
    const redis = await startRedisServer()
    const server = await startUpstashServer({ redisUrl: redis.url })
    const plain = new Redis(redis.url)
    return {
      port: upstashPort(createUpstashClient({ ...server, timeoutMs: 20_000 }), server),
      command: (name: string, ...args: (string | number)[]) => plain.call(name, ...args),
      monitor: (work: () => Promise<unknown>) => monitored(plain, work).then(list => list.map(named)),
      async close() {
        plain.disconnect()
        await server.stop()
        await redis.stop()
      },
    }
  },
  { maxmemory: true, replicaof: true, monitor: true },
)
