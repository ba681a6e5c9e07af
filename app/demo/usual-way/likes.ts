import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import WebSocket from 'ws'
import { deadline } from '@/app/utils/supabase'
import { supabaseAccess } from '@/app/utils/supabase-env'

/** Whether a session likes the post, asked for with each page. What cannot be read counts as not liked. */
export async function readLiked(postId: string, sessionId: string | null): Promise<boolean> {
  if (!sessionId) return false
  const { data } = await client()
    .from('usual_way_ratings')
    .select('post_id')
    .abortSignal(deadline())
    // While Postgres is away the page does not wait for it: the heart is drawn empty.
    .retry(false)
    .eq('post_id', postId)
    .eq('session_id', sessionId)
    .maybeSingle()
  return data !== null
}

/**
 * Likes or unlikes in Postgres; the new count, null where there is no such post.
 * @throws Error when Postgres does not answer
 */
export async function writeLike(postId: string, sessionId: string, liked: boolean): Promise<number | null> {
  const { data } = await client()
    .rpc('usual_way_like', { p_post_id: postId, p_session_id: sessionId, p_liked: liked })
    .abortSignal(deadline())
    .retry(false)
    .throwOnError()
  return data as number | null
}

let known: SupabaseClient | undefined

/** The server's client with all rights. @throws Error naming the settings that are missing */
function client(): SupabaseClient {
  if (known) return known
  const url = supabaseAccess()?.url
  const key = process.env.SUPABASE_SECRET_KEY || process.env.SUPABASE_SERVICE_ROLE_KEY
  if (!url || !key) throw new Error('set SUPABASE_URL and SUPABASE_SECRET_KEY, see .env.example')
  known = createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  return known
}
