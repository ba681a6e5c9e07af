import { join } from 'node:path'
import { createPart, type Part } from '../part'
import { isLoopback } from '../services/loopback'
import { startSupabase } from '../services/supabase'
import { namedUpstash } from './upstash'

export interface StoreOptions {
  env: NodeJS.ProcessEnv
  dir: string
  parts: Part[]
  summary: string[]
  say(line: string): void
}

const PORT = 54321

/**
 * The Supabase that SUPABASE_URL names, or one of our own.
 *
 * @throws Error naming the setting that is missing or cannot be used
 */
export async function supabaseFor({
  env,
  dir,
  parts,
  summary,
  say,
  withRedis,
}: StoreOptions & { withRedis: boolean }) {
  const given = env.SUPABASE_URL || env.NEXT_PUBLIC_SUPABASE_URL
  if (given) {
    const named = namedSupabase(given, env, withRedis)
    summary.push(`Supabase  ${named.supabaseUrl}`)
    return { ...named, allow: async () => {} }
  }
  say('starting Supabase …')
  let origins: readonly string[] = []
  let supabase = await startSupabase({ dir: join(dir, 'supabase'), preferredPort: PORT, seed: true })
  const { url, publishableKey, secretKey } = supabase
  const port = Number(new URL(url).port)
  const part = createPart({
    id: 'supabase',
    name: 'Supabase',
    port,
    running: supabase,
    async restart(release) {
      // It takes seconds until it opens the port.
      supabase = await startSupabase({ dir: join(dir, 'supabase'), port, seed: true, listens: release })
      await supabase.allow(origins)
      return supabase
    },
    ended: code =>
      say(
        `Supabase has ended (${code ?? 'killed'}): the application goes on with Redis, which keeps the likes. ` +
          '`npm run stack start supabase` starts it again.',
      ),
  })
  parts.push(part)
  summary.push(
    `Supabase  ${url}  (embedded, data in ${dir}${port === PORT ? '' : `; port ${PORT} is in use`})`,
  )
  return {
    supabaseUrl: url,
    publishableKey,
    secretKey,
    async allow(allowed: readonly string[]) {
      origins = allowed
      await supabase.allow(allowed)
    },
  }
}

function namedSupabase(supabaseUrl: string, env: NodeJS.ProcessEnv, withRedis: boolean) {
  const name = env.SUPABASE_URL ? 'SUPABASE_URL' : 'NEXT_PUBLIC_SUPABASE_URL'
  if (!/^https?:\/\//.test(supabaseUrl) || !URL.canParse(supabaseUrl))
    throw new Error(`${name} ${supabaseUrl} is no address: write https://project.supabase.co`)
  const publishableKey = env.SUPABASE_PUBLISHABLE_KEY || env.NEXT_PUBLIC_SUPABASE_ANON_KEY
  const secretKey = env.SUPABASE_SECRET_KEY || env.SUPABASE_SERVICE_ROLE_KEY
  if (!publishableKey || !secretKey) {
    throw new Error(
      `${name} is set: set SUPABASE_PUBLISHABLE_KEY and SUPABASE_SECRET_KEY too, see .env.example`,
    )
  }
  const { hostname } = new URL(supabaseUrl)
  if (withRedis && !env.REDIS_URL && !namedUpstash(env) && !isLoopback(hostname)) {
    throw new Error(
      `REDIS_URL is not set, and ${name} names another machine (${hostname}): a Redis started here and the Redis of ` +
        'that project would both change the counts of one Postgres, and neither would know of the other. Set ' +
        'REDIS_URL to the Redis of that project, or add -- --no-redis to run on Postgres alone.',
    )
  }
  return { supabaseUrl, publishableKey, secretKey }
}
