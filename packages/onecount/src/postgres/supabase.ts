import type { SupabaseClient } from '@supabase/supabase-js'
import type { PostgresPort } from '../core/ports'
import { postgresPort } from './rpc'

/**
 * Postgres through a Supabase client made with the secret (service role) key.
 * `timeoutMs`: deadline of one call.
 */
export function supabasePort(client: SupabaseClient, { timeoutMs = 5000 } = {}): PostgresPort {
  return postgresPort(async (name, args) => {
    const { data, error } = await client.rpc(name, args).abortSignal(AbortSignal.timeout(timeoutMs))
    if (error) throw new Error(error.message || `the call of ${name} did not come through`, { cause: error })
    return data
  })
}
