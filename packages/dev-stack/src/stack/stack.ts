import { resolve } from 'node:path'
import { createClient } from '@supabase/supabase-js'
import { createOnecount } from 'onecount'
import { supabasePort } from 'onecount/postgres'
import { redisFromEnv } from 'onecount/redis'
import { upstashFromEnv } from 'onecount/upstash'
import WebSocket from 'ws'
import { FaultProxy } from '../network/fault-proxy'
import type { Part } from '../part'
import { keptSecret, privateFolder } from '../private-files'
import { type Fault, type StoreLinks, storeFaults } from './faults'
import { redisFor } from './redis'
import { supabaseFor } from './supabase'
import { idOf, namedUpstash, upstashEnv, upstashFor } from './upstash'

/** What the application needs to know of its stores. */
export interface Stores {
  supabaseUrl: string
  publishableKey: string
  secretKey: string
  /** Null: without Redis. */
  redisUrl: string | null
  /** Id of Redis where its address may change. */
  redisId?: string
}

export interface Stack extends Stores {
  /** The stores that run here, in the order in which they started. */
  parts: readonly Part[]
  /** What can go wrong with them. */
  faults: readonly Fault[]
  /** The ways of the application to them; null where a store is none of ours, and without `withLinks`. */
  links: StoreLinks
  /** Environment of the application. */
  env: Record<string, string>
  /** Lines that say what runs where. */
  summary: string[]
  /** Lets pages of these origins read from the Supabase that runs here. */
  allow(origins: readonly string[]): Promise<void>
  /** Drains the pending ops, then stops the parts, the last one first. */
  stop(): Promise<void>
}

export interface StackOptions {
  env: NodeJS.ProcessEnv
  dataDir: string
  withRedis: boolean
  /** The application reaches Redis over REST, by the client of Upstash. */
  overRest?: boolean
  /** The application reaches the stores that run here through proxies, which can be slow and silent. */
  withLinks?: boolean
  /** Hears what takes a while, and what ended. */
  say(line: string): void
}

/**
 * Starts what the environment does not name: Supabase, then Redis.
 *
 * @throws Error naming the setting that is missing or cannot be used
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { env, dataDir, withRedis, overRest, withLinks = false, say } = options
  const dir = resolve(dataDir)
  privateFolder(dir)
  const parts: Part[] = []
  const summary: string[] = []
  const stopParts = async () => {
    for (const part of parts.toReversed()) await part.stop()
  }
  try {
    const { allow, ...supabase } = await supabaseFor({ env, dir, parts, summary, say, withRedis })
    const named = withRedis && !overRest ? namedUpstash(env) : null
    if (named) summary.push(`Redis     ${named.url} (Upstash)`)
    const redisUrl = withRedis && !named ? await redisFor({ env, dir, parts, summary, say }) : null
    const rest = redisUrl && overRest ? await upstashFor(redisUrl, { dir, summary }) : null
    // The Redis of a data folder is the same on any port, also where it keeps nothing.
    const isOurs = parts.some(({ id }) => id === 'redis')
    const known = rest ? idOf(redisUrl!, env) : undefined
    const redisId = env.ONECOUNT_REDIS_ID || (isOurs ? keptSecret(dir, 'redis-id') : known)
    const isOurSupabase = parts.some(({ id }) => id === 'supabase')
    const links = {
      redis:
        withLinks && isOurs
          ? await FaultProxy.to(portOf(rest?.url ?? redisUrl!), rest ? 'http' : 'resp')
          : null,
      supabase: withLinks && isOurSupabase ? await FaultProxy.to(portOf(supabase.supabaseUrl), null) : null,
    }
    const upstash = upstashEnv(rest ? { ...rest, url: through(links.redis, rest.url) } : named)
    if (!withRedis) summary.push('Redis     none (--no-redis): Postgres serves alone')
    return {
      ...supabase,
      redisUrl,
      redisId,
      parts,
      faults: storeFaults(parts, links),
      links,
      summary,
      allow,
      env: {
        SUPABASE_URL: through(links.supabase, supabase.supabaseUrl),
        SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
        SUPABASE_SECRET_KEY: supabase.secretKey,
        // The Supabase that runs here has Auth; of another one its owner says so.
        SUPABASE_AUTH: env.SUPABASE_AUTH || (isOurSupabase ? '1' : ''),
        // Next reads .env.local too: an empty value keeps it from setting another.
        REDIS_URL: rest ? '' : through(links.redis, redisUrl ?? ''),
        ...upstash,
        ...(redisId && { ONECOUNT_REDIS_ID: redisId }),
        ONECOUNT_SECRET: env.ONECOUNT_SECRET || keptSecret(dir, 'secret'),
      },
      async stop() {
        if (parts.length > 0 && parts.every(part => part.isRunning()))
          await drain({ ...supabase, redisUrl, redisId }, { ...env, ...upstash })
        await rest?.stop()
        for (const link of Object.values(links)) link?.close()
        await stopParts()
      },
    }
  } catch (error) {
    await stopParts()
    throw error
  }
}

const portOf = (url: string): number => Number(new URL(url).port)

/** The same address by way of the proxy. */
function through(link: FaultProxy | null, url: string): string {
  return link ? url.replace(/:\d+$/, `:${link.port}`) : url
}

/** What Redis has accepted and Postgres has not confirmed yet goes there before the stores end. */
async function drain(
  { supabaseUrl, secretKey, redisUrl, redisId }: Stores,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const tcp = redisFromEnv({ REDIS_URL: redisUrl ?? '', REDIS_CLUSTER: env.REDIS_CLUSTER })
  const redis = tcp ?? upstashFromEnv(env)
  if (!redis) return
  const supabase = createClient(supabaseUrl, secretKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  const onecount = createOnecount({
    redis: redis.port,
    partitions: Number(env.ONECOUNT_PARTITIONS || 1),
    redisId,
    postgres: supabasePort(supabase),
    log: { warn() {} },
  })
  await onecount.drainer.flush({ budgetMs: 5000 }).catch(() => {})
  tcp?.client.disconnect()
}
