import { deadline } from '../core/deadline'
import type { Kind } from '../core/kind'
import type { PostgresPort } from '../core/ports'
import { postgresPort, type Rpc, type RpcArgs } from './rpc'

/** What is used of a Supabase client, whose types an application with another driver does not have. */
export interface SupabaseRpcClient {
  /** Calls a function of the database. */
  rpc(
    name: string,
    args: RpcArgs,
  ): {
    abortSignal(signal: AbortSignal): PromiseLike<{ data: unknown; error: { message: string } | null }>
  }
}

/** What {@link supabasePort} takes. */
export interface SupabasePortOptions {
  /**
   * Deadline of one call, milliseconds.
   * @default 5000
   */
  timeoutMs?: number
  /**
   * Whose functions are called, of `defineConfig`.
   * @default the kind that there is without a configuration
   */
  kind?: Kind
}

/**
 * Postgres through a Supabase client made with the secret (service role) key.
 * @example
 * supabasePort(createClient(url, secretKey), { kind: config.kinds.bookmark })
 */
export function supabasePort(
  client: SupabaseRpcClient,
  { timeoutMs = 5000, kind }: SupabasePortOptions = {},
): PostgresPort {
  const rpc: Rpc = async (name, args) => {
    const { data, error } = await client.rpc(name, args).abortSignal(deadline(timeoutMs))
    if (error) throw new Error(error.message || `the call of ${name} did not come through`, { cause: error })
    return data
  }
  return postgresPort(rpc, kind && { kind })
}
