import { randomBytes } from 'node:crypto'
import { killOnExit } from '@onecount/dev-stack/kill-on-exit'
import type { Running } from '@onecount/dev-stack/process'
import { type RedisServer, startRedisServer, startRedisServerAgain } from '@onecount/dev-stack/redis-server'
import { type LocalSupabase, startSupabase } from '@onecount/dev-stack/supabase'
import { type AppProcess, startAppProcess } from './app-process'

/** The production build on real stores, with fresh data, at ports of its own. */
export interface TestStack {
  url: string
  redis: RedisServer
  supabase: LocalSupabase
  app: AppProcess
  /** An empty Redis in the place of one that was killed. */
  startRedis(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts Redis, Supabase with Realtime and the seed, and the application on them. Whatever ends this process, or the
 * start, ends them too.
 *
 * @param env added to the application's environment
 * @param prepare fills Supabase before the application starts: rows with likes are then no edits by hand
 */
export async function startApp({
  env = {},
  prepare,
}: {
  env?: Record<string, string>
  prepare?: (supabase: LocalSupabase) => Promise<void>
} = {}): Promise<TestStack> {
  const started: Running[] = []
  const killAll = async () => void (await Promise.all(started.map(server => server.kill())))
  try {
    const redis = killOnExit(await startRedisServer())
    started.push(redis)
    const supabase = await startSupabase({ seed: true })
    started.push(supabase)
    await prepare?.(supabase)
    const app = await startAppProcess({
      SUPABASE_URL: supabase.url,
      SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
      SUPABASE_SECRET_KEY: supabase.secretKey,
      SUPABASE_AUTH: '1',
      REDIS_URL: redis.url,
      ONECOUNT_SECRET: randomBytes(32).toString('hex'),
      ONECOUNT_LIMITS: 'off',
      NEXT_TELEMETRY_DISABLED: '1',
      ...env,
    })
    await supabase.allow([app.url])
    const stop = async () => {
      await app.kill()
      await killAll()
    }
    const startRedis = async () =>
      void started.push(killOnExit(await startRedisServerAgain({ port: redis.port })))
    return { url: app.url, redis, supabase, app, startRedis, stop }
  } catch (error) {
    await killAll()
    throw error
  }
}
