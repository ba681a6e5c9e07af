import type { PostgresPort } from '../core/ports'
import { loadSupabase } from '../peers/supabase'
import { type PostgresPortOptions, postgresPort } from './rpc'
import { serverClient } from './server-client'
import { supabasePort } from './supabase'

/** How a process is told where Supabase is: variables of its environment. */
export interface SupabaseEnv {
  /**
   * The address of the project.
   * @default `NEXT_PUBLIC_SUPABASE_URL`
   */
  SUPABASE_URL?: string
  /**
   * The secret key.
   * @default `SUPABASE_SERVICE_ROLE_KEY`
   */
  SUPABASE_SECRET_KEY?: string
  [name: string]: string | undefined
}

/**
 * The Postgres of the Supabase project that the environment names, over its REST API. Connects with the first call; where
 * the address or the key is missing, each call fails and names them.
 *
 * @example
 * createOnecount({ redis: null, postgres: supabaseFromEnv(process.env, { kind: config.kinds.like }) })
 *
 * @throws OnecountError `misconfigured` where `@supabase/supabase-js` is not installed
 */
export function supabaseFromEnv(env: SupabaseEnv, { kind }: PostgresPortOptions = {}): PostgresPort {
  const url = env.SUPABASE_URL || env.NEXT_PUBLIC_SUPABASE_URL
  const key = env.SUPABASE_SECRET_KEY || env.SUPABASE_SERVICE_ROLE_KEY
  if (!url || !key) {
    return postgresPort(
      async () => {
        throw new Error('set SUPABASE_URL and SUPABASE_SECRET_KEY')
      },
      { kind },
    )
  }
  const { createClient } = loadSupabase()
  return supabasePort(createClient(url, key, serverClient()), { kind })
}
