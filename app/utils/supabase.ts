import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import WebSocket from 'ws'
import { supabaseAccess } from './supabase-env'

/** The anonymous role of a hosted project gives up after 3 s; a little more for the way there. */
const TIMEOUT_MS = 5000

/** One query's, its repeats included: the client repeats by itself what did not come through. */
export const deadline = (): AbortSignal => AbortSignal.timeout(TIMEOUT_MS)

let client: SupabaseClient | undefined

/**
 * The server's client for content, with the rights of any visitor. Opens no connection until it is used.
 * @throws Error naming the settings that are missing
 */
export function contentClient(): SupabaseClient {
  if (client) return client
  const access = supabaseAccess()
  if (!access) throw new Error('set SUPABASE_URL and SUPABASE_PUBLISHABLE_KEY, see .env.example')
  client = createClient(access.url, access.key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    // Node 20 has no WebSocket of its own, and the client wants one even when it is not used.
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  return client
}
