'use client'

import type { SupabaseClient } from '@supabase/supabase-js'
import { useLikesSubscription } from 'onecount/react'

/**
 * Follows other people's likes: Supabase Realtime's updates of `posts_new`. `null` while there is no client yet: then
 * the page is read again every few seconds.
 */
export function usePostLikesSubscription(supabase: SupabaseClient | null): void {
  useLikesSubscription(supabase, { schema: 'public', table: 'posts_new' })
}
