'use client'

import { loadSupabase, type SupabaseAccess } from 'onecount/react/supabase'
import { usePostLikesSubscription } from '@/app/hooks/usePostLikesSubscription'

interface Props {
  access: SupabaseAccess | null
  /** Whether the server broadcasts likes. */
  broadcast: boolean
}

/** Listens to other people's likes. The client is loaded after the page: nothing on the first screen waits for it. */
export function RealtimeLikes({ access, broadcast }: Props) {
  usePostLikesSubscription(access && (() => loadSupabase(access)), broadcast)
  return null
}
