export { supabasePort } from './supabase'
export { type SupabaseEnv, supabaseFromEnv } from './supabase-env'
