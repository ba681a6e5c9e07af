import type { SupabaseAccess } from 'onecount/react/supabase'
import { isRedisConfigured } from './redis/client'

/** Where Supabase is, for readers; null where it is not configured. Read at request time, never baked into a build. */
export function supabaseAccess(): SupabaseAccess | null {
  const { env } = process
  const url = env.SUPABASE_URL || env.NEXT_PUBLIC_SUPABASE_URL
  const key = env.SUPABASE_PUBLISHABLE_KEY || env.NEXT_PUBLIC_SUPABASE_ANON_KEY
  return url && key ? { url, key } : null
}

/**
 * Whether pages can rely on broadcasts: the server sends them by the secret key, after each batch that it drains from
 * Redis. Without Redis a count that is edited by hand is in no batch, and pages follow the rows.
 */
export function broadcastsLikes(): boolean {
  const { env } = process
  return isRedisConfigured && Boolean(env.SUPABASE_SECRET_KEY || env.SUPABASE_SERVICE_ROLE_KEY)
}
