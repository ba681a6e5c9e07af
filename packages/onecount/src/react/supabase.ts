/**
 * Follows other people's likes through Supabase Realtime, with a client that is loaded after the page.
 * @module
 */
'use client'

import { type RealtimeSource, type SubscriptionOptions, useLikesSubscription } from './realtime'

/** Where Supabase is, for readers. */
export interface SupabaseAccess {
  /** The address of the project. */
  url: string
  /** The publishable key: reads what row level security lets everybody read. */
  key: string
}

/** Props of `LikesRealtime`. */
export interface LikesRealtimeProps extends SubscriptionOptions {
  /** `null`: Supabase is not configured, and counts are polled. */
  access: SupabaseAccess | null
}

/** By address and key: one client and one socket a tab, also of several kinds. */
const clients = new Map<string, Promise<RealtimeSource>>()

/**
 * Loads the Realtime client of Supabase, and nothing else of it. Called again, it answers the same one; after a failure it
 * tries again.
 * @example
 * const supabase = await loadSupabase({ url, key: publishableKey })
 * supabase.channel('room').on('broadcast', { event: '*' }, show).subscribe()
 */
export function loadSupabase({ url, key }: SupabaseAccess): Promise<RealtimeSource> {
  const name = `${url} ${key}`
  const known = clients.get(name)
  if (known) return known
  const client = import('./realtime-client').then(({ RealtimeClient }) => {
    const address = new URL('realtime/v1', `${url.trim().replace(/\/+$/, '')}/`)
    address.protocol = address.protocol.replace('http', 'ws')
    const realtime = new RealtimeClient(address.href, {
      params: { apikey: key },
      accessToken: async () => key,
    })
    return Object.assign(realtime, { realtime })
  })
  clients.set(name, client)
  client.catch(() => clients.delete(name))
  return client
}

/**
 * Follows the likes of all posts through Supabase Realtime, with a client that is loaded after the page. Renders
 * nothing; a component of the server may render it, with what the environment says. The other props are those of
 * `useLikesSubscription`.
 *
 * @example
 * <LikesRealtime access={{ url: process.env.SUPABASE_URL!, key: process.env.SUPABASE_PUBLISHABLE_KEY! }} />
 */
export function LikesRealtime({ access, ...options }: LikesRealtimeProps): null {
  useLikesSubscription(access && (() => loadSupabase(access)), options)
  return null
}
