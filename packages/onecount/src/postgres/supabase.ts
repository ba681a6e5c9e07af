import type { SupabaseClient } from '@supabase/supabase-js'
import { deadline } from '../core/deadline'
import type { Kind } from '../core/kind'
import type { PostgresPort } from '../core/ports'
import { postgresPort, type Rpc } from './rpc'

/**
 * Postgres through a Supabase client made with the secret (service role) key.
 * `timeoutMs`: deadline of one call, 5000. `kind`: of `defineConfig`; left out, the one that there is without a
 * configuration.
 * @example
 * supabasePort(createClient(url, secretKey), { kind: config.kinds.bookmark })
 */
export function supabasePort(
  client: SupabaseClient,
  { timeoutMs = 5000, kind }: { timeoutMs?: number; kind?: Kind } = {},
): PostgresPort {
  const rpc: Rpc = async (name, args) => {
    const { data, error } = await client.rpc(name, args).abortSignal(deadline(timeoutMs))
    if (error) throw new Error(error.message || `the call of ${name} did not come through`, { cause: error })
    return data
  }
  return postgresPort(rpc, kind && { kind })
}
