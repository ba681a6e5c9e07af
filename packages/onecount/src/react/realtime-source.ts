import type { SupabaseClient } from '@supabase/supabase-js'

/** What is used of a Supabase client: one of `loadSupabase`, or a whole one. */
export type RealtimeSource = Pick<SupabaseClient, 'channel' | 'getChannels' | 'removeChannel'> & {
  /** Its socket. */
  realtime: Pick<SupabaseClient['realtime'], 'isConnected'>
}
