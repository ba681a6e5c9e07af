/**
 * Supabase, over its REST API: the driver for Postgres, and broadcasts of likes.
 * @module
 */

export type { PostgresPortOptions } from '../postgres/rpc'
export { type SupabasePortOptions, type SupabaseRpcClient, supabasePort } from '../postgres/supabase'
export { type SupabaseEnv, supabaseFromEnv } from '../postgres/supabase-env'
export {
  type BroadcastChannel,
  broadcastFromEnv,
  type SupabaseBroadcastClient,
  supabaseBroadcast,
} from './broadcast'
