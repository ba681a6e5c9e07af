'use client'

import type { SupabaseClient } from '@supabase/supabase-js'
import { useEffect, useState } from 'react'
import { usePostLikesSubscription } from '@/app/hooks/usePostLikesSubscription'

/** Listens to other people's likes. The client is loaded after the page: nothing on the first screen waits for it. */
export function RealtimeLikes({ url, publishableKey }: { url: string; publishableKey: string }) {
  const [client, setClient] = useState<SupabaseClient | null>(null)

  useEffect(() => {
    let gone = false
    import('@/app/utils/supabase-browser').then(({ browserClient }) => {
      if (!gone) setClient(browserClient(url, publishableKey))
    })
    return () => {
      gone = true
    }
  }, [url, publishableKey])

  return client && <Subscription client={client} />
}

function Subscription({ client }: { client: SupabaseClient }) {
  usePostLikesSubscription(client)
  return null
}
