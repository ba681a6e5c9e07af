export { type SupabaseRpcClient, supabasePort } from '../postgres/supabase'
export { type SupabaseEnv, supabaseFromEnv } from '../postgres/supabase-env'
export {
  type BroadcastChannel,
  broadcastFromEnv,
  type SupabaseBroadcastClient,
  supabaseBroadcast,
} from './broadcast'
