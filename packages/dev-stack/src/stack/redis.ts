import { join } from 'node:path'
import { type RedisAddress, readRedisAddress } from 'onecount/redis'
import { createPart } from '../part'
import { keptSecret } from '../private-files'
import { startJsRedis } from '../services/js-redis'
import {
  endLeftOverRedis,
  findRedisServer,
  forgetRedis,
  startRedisServer,
  startRedisServerAgain,
} from '../services/redis-server'
import type { StoreOptions } from './supabase'

const PORT = 6379

/**
 * The address of the Redis that REDIS_URL names, or of one of our own.
 *
 * @throws Error naming the setting that cannot be used
 */
export async function redisFor({ env, dir, parts, summary, say }: StoreOptions): Promise<string> {
  if (env.REDIS_URL) {
    const { urls, isCluster } = readAddress(env)
    summary.push(`Redis     ${urls.map(withoutPassword).join(', ')}${isCluster ? ' (cluster)' : ''}`)
    return env.REDIS_URL
  }
  const { redis, restart, forget, remark } = await (findRedisServer() ? realRedis(dir) : jsRedis())
  const part = createPart({
    id: 'redis',
    name: 'Redis',
    port: redis.port,
    running: redis,
    async restart(release) {
      await release()
      return restart()
    },
    forget,
    ended: code =>
      say(
        `Redis has ended (${code ?? 'killed'}): the application goes on with Postgres. ` +
          '`npm run stack start redis` starts it again.',
      ),
  })
  parts.push(part)
  summary.push(`Redis     ${withoutPassword(redis.url)}  (${remark})`)
  return redis.url
}

/** @throws Error naming the setting, without the address, which may hold a password */
function readAddress({ REDIS_URL, REDIS_CLUSTER }: NodeJS.ProcessEnv): RedisAddress {
  const address = readRedisAddress({ REDIS_URL, REDIS_CLUSTER })
  if (!address?.urls.every(url => /^rediss?:\/\//.test(url) && URL.canParse(url)))
    throw new Error(
      'REDIS_URL is no address: write redis://user:password@host:6379, or rediss:// with TLS; of a Redis Cluster several, with commas between them',
    )
  return address
}

async function realRedis(dataDir: string) {
  const dir = join(dataDir, 'redis')
  const password = keptSecret(dir, 'password')
  await endLeftOverRedis(dir, password)
  // Ctrl-C goes to the whole group, and pending ops have to be drained before Redis ends.
  const options = { dir, password, detached: true }
  const redis = await startRedisServer({ ...options, preferredPort: PORT })
  const { port } = redis
  return {
    redis,
    restart: () => startRedisServerAgain({ ...options, port }),
    forget: () => forgetRedis(dir),
    remark: `started for this run, data in ${dataDir}${port === PORT ? '' : `; port ${PORT} is in use`}`,
  }
}

async function jsRedis() {
  const redis = await startJsRedis()
  const { port, password } = redis
  return {
    redis,
    restart: () => startJsRedis({ port, password }),
    forget: async () => {},
    remark: 'in JavaScript, as there is no redis-server: for trying out, keeps nothing',
  }
}

function withoutPassword(url: string): string {
  const { protocol, username, host, pathname } = new URL(url)
  return `${protocol}//${username && `${username}@`}${host}${pathname}`
}
