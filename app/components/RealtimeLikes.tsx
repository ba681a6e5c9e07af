'use client'

import { loadSupabase, type SupabaseAccess } from 'onecount/react/supabase'
import { usePostLikesSubscription } from '@/app/hooks/usePostLikesSubscription'

/** Listens to other people's likes. The client is loaded after the page: nothing on the first screen waits for it. */
export function RealtimeLikes({ access }: { access: SupabaseAccess | null }) {
  usePostLikesSubscription(access && (() => loadSupabase(access)))
  return null
}
