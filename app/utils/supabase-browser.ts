import { createClient, type SupabaseClient } from '@supabase/supabase-js'

let client: SupabaseClient | undefined

/** One client and one socket a tab, for realtime alone. */
export function browserClient(url: string, publishableKey: string): SupabaseClient {
  client ??= createClient(url, publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  })
  return client
}
