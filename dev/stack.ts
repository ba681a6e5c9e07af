import { join, resolve } from 'node:path'
import { createClient } from '@supabase/supabase-js'
import { createOnecount } from 'onecount'
import { supabasePort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import WebSocket from 'ws'
import { keptSecret } from './environment'
import { firstFreePort } from './services/free-port'
import { startJsRedis } from './services/js-redis'
import type { Running } from './services/process'
import { endLeftOverRedis, findRedisServer, startRedisServer } from './services/redis-server'
import { startSupabase } from './services/supabase'

/** What the application needs to know of its stores. */
export interface Stores {
  supabaseUrl: string
  publishableKey: string
  secretKey: string
  redisUrl: string
  /** Id of Redis where its address may change. */
  redisId?: string
}

export interface Stack extends Stores {
  /** The parts that run here, in the order in which they started. */
  parts: { name: string; running: Running }[]
  /** Environment of the application. */
  env: Record<string, string>
  /** Lines that say what runs where. */
  summary: string[]
  /** Drains what is pending, then stops the parts, the last one first. */
  stop(): Promise<void>
}

/** Starts what the environment does not name: Supabase, then Redis. `say` hears what takes a while. */
export async function startStack(
  env: NodeJS.ProcessEnv,
  dataDir: string,
  say: (line: string) => void,
): Promise<Stack> {
  const dir = resolve(dataDir)
  const parts: Stack['parts'] = []
  const summary: string[] = []
  const stopParts = async () => {
    for (const { running } of parts.reverse()) await running.stop()
  }
  try {
    const supabase = await supabaseFor(env, dir, parts, summary, say)
    const redisUrl = await redisFor(env, dir, parts, summary)
    // The Redis of a data folder is the same on any port, also where it keeps nothing.
    const redisId = env.ONECOUNT_REDIS_ID || (env.REDIS_URL ? undefined : keptSecret(dir, 'redis-id'))
    return {
      ...supabase,
      redisUrl,
      redisId,
      parts,
      summary,
      env: {
        SUPABASE_URL: supabase.supabaseUrl,
        SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
        SUPABASE_SECRET_KEY: supabase.secretKey,
        REDIS_URL: redisUrl,
        ...(redisId && { ONECOUNT_REDIS_ID: redisId }),
        ONECOUNT_SECRET: env.ONECOUNT_SECRET || keptSecret(dir, 'secret'),
      },
      async stop() {
        if (parts.length > 0) await drain({ ...supabase, redisUrl, redisId })
        await stopParts()
      },
    }
  } catch (error) {
    await stopParts()
    throw error
  }
}

async function supabaseFor(
  env: NodeJS.ProcessEnv,
  dir: string,
  parts: Stack['parts'],
  summary: string[],
  say: (line: string) => void,
): Promise<Omit<Stores, 'redisUrl' | 'redisId'>> {
  const supabaseUrl = env.SUPABASE_URL || env.NEXT_PUBLIC_SUPABASE_URL
  if (supabaseUrl) {
    const publishableKey = env.SUPABASE_PUBLISHABLE_KEY || env.NEXT_PUBLIC_SUPABASE_ANON_KEY
    const secretKey = env.SUPABASE_SECRET_KEY || env.SUPABASE_SERVICE_ROLE_KEY
    if (!publishableKey || !secretKey) {
      throw new Error(
        'SUPABASE_URL is set: set SUPABASE_PUBLISHABLE_KEY and SUPABASE_SECRET_KEY too, see .env.example',
      )
    }
    summary.push(`Supabase  ${supabaseUrl}`)
    return { supabaseUrl, publishableKey, secretKey }
  }
  say('starting Supabase …')
  const port = await firstFreePort(54321)
  const supabase = await startSupabase({ dir: join(dir, 'supabase'), port, seed: true })
  parts.push({ name: 'Supabase', running: supabase })
  summary.push(
    `Supabase  ${supabase.url}  (embedded, data in ${dir}${port === 54321 ? '' : '; port 54321 is in use'})`,
  )
  return { supabaseUrl: supabase.url, publishableKey: supabase.publishableKey, secretKey: supabase.secretKey }
}

async function redisFor(
  env: NodeJS.ProcessEnv,
  dir: string,
  parts: Stack['parts'],
  summary: string[],
): Promise<string> {
  if (env.REDIS_URL) {
    summary.push(`Redis     ${withoutPassword(env.REDIS_URL)}`)
    return env.REDIS_URL
  }
  if (findRedisServer()) {
    const folder = join(dir, 'redis')
    await endLeftOverRedis(folder)
    const redis = await startRedisServer({ dir: folder, port: await firstFreePort(6379) })
    parts.push({ name: 'Redis', running: redis })
    summary.push(`Redis     ${redis.url}  (started for this run, data in ${dir})`)
    return redis.url
  }
  const redis = await startJsRedis()
  parts.push({ name: 'Redis', running: redis })
  summary.push(
    `Redis     ${redis.url}  (in JavaScript, as there is no redis-server: for trying out, keeps nothing)`,
  )
  return redis.url
}

/** What Redis has accepted and Postgres has not confirmed yet goes there before the stores end. */
async function drain({ supabaseUrl, secretKey, redisUrl, redisId }: Stores): Promise<void> {
  const redis = createRedisClient(redisUrl)
  const supabase = createClient(supabaseUrl, secretKey, {
    auth: { persistSession: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  const onecount = createOnecount({
    redis: ioredisPort(redis),
    redisId,
    postgres: supabasePort(supabase),
    log: { warn() {} },
  })
  await onecount.drainOnce(5000).catch(() => {})
  redis.disconnect()
}

function withoutPassword(url: string): string {
  const parsed = new URL(url)
  if (parsed.password) parsed.password = '…'
  return parsed.href
}
