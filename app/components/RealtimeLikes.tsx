'use client'

import type { SupabaseClient } from '@supabase/supabase-js'
import { useEffect, useState } from 'react'
import { usePostLikesSubscription } from '@/app/hooks/usePostLikesSubscription'
import type { SupabaseAccess } from '@/app/utils/supabase-env'

/**
 * Listens to other people's likes. The client is loaded after the page: nothing on the first screen waits for it. Where
 * there is none the page is read again every few seconds.
 */
export function RealtimeLikes({ access }: { access: SupabaseAccess | null }) {
  const { url, key } = access ?? {}
  const [client, setClient] = useState<SupabaseClient | null>(null)

  useEffect(() => {
    if (!url || !key) return
    let gone = false
    import('@/app/utils/supabase-browser')
      .then(({ browserClient }) => {
        if (!gone) setClient(browserClient(url, key))
      })
      .catch(() => console.warn('[onecount] the Realtime client cannot be loaded: counts are polled'))
    return () => {
      gone = true
    }
  }, [url, key])

  usePostLikesSubscription(client)
  return null
}
