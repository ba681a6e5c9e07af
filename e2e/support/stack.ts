import { randomBytes } from 'node:crypto'
import { type RedisServer, startRedisServer } from '../../dev/services/redis-server'
import { type LocalSupabase, startSupabase } from '../../dev/services/supabase'
import { type AppProcess, startAppProcess } from './app-process'

/** The production build on real stores, with fresh data, at ports of its own. */
export interface TestStack {
  url: string
  redis: RedisServer
  supabase: LocalSupabase
  app: AppProcess
  stop(): Promise<void>
}

/** Starts Redis, Supabase with Realtime and the seed, and the application on them. */
export async function startApp({ env = {} }: { env?: Record<string, string> } = {}): Promise<TestStack> {
  const [redis, supabase] = await Promise.all([startRedisServer(), startSupabase({ seed: true })])
  const app = await startAppProcess({
    SUPABASE_URL: supabase.url,
    SUPABASE_PUBLISHABLE_KEY: supabase.publishableKey,
    SUPABASE_SECRET_KEY: supabase.secretKey,
    REDIS_URL: redis.url,
    ONECOUNT_SECRET: randomBytes(32).toString('hex'),
    ONECOUNT_LIMITS: 'off',
    NEXT_TELEMETRY_DISABLED: '1',
    ...env,
  })
  return {
    url: app.url,
    redis,
    supabase,
    app,
    async stop() {
      await app.kill()
      await Promise.all([redis.kill(), supabase.kill()])
    },
  }
}
