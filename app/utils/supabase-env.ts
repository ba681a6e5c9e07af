import type { SupabaseAccess } from 'onecount/react/supabase'

/** Where Supabase is, for readers; null where it is not configured. Read at request time, never baked into a build. */
export function supabaseAccess(): SupabaseAccess | null {
  const { env } = process
  const url = env.SUPABASE_URL || env.NEXT_PUBLIC_SUPABASE_URL
  const key = env.SUPABASE_PUBLISHABLE_KEY || env.NEXT_PUBLIC_SUPABASE_ANON_KEY
  return url && key ? { url, key } : null
}
