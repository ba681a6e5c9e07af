'use client'

import { usePostLikesSubscription } from '@/app/hooks/usePostLikesSubscription'
import type { SupabaseAccess } from '@/app/utils/supabase-env'

/** Listens to other people's likes. The client is loaded after the page: nothing on the first screen waits for it. */
export function RealtimeLikes({ access }: { access: SupabaseAccess | null }) {
  usePostLikesSubscription(access && (() => loadClient(access)))
  return null
}

async function loadClient({ url, key }: SupabaseAccess) {
  const { browserClient } = await import('@/app/utils/supabase-browser')
  return browserClient(url, key)
}
