'use client'

import type { SupabaseClient } from '@supabase/supabase-js'
import { useEffect } from 'react'
import { useLikesStore } from './provider'
import type { LikesStore } from './store'

interface SubscriptionOptions {
  schema?: string
  /** The table with `id, likes, likes_rev`. */
  table?: string
}

/** After an outage everybody joins again in the same moment: the read that catches up comes within, milliseconds. */
const REJOIN_SPREAD_MS = 5000
const JOIN_SPREAD_MS = 250

/**
 * Follows the likes of all posts through Supabase Realtime: changes of the posts' rows, which the server alone can send.
 * A broadcast is not listened to: everybody who has the publishable key can send one on a public channel. A hint, never
 * the truth: after every (re)subscription what is on screen is read again; every few seconds while there is none, with
 * `null` for a client that is not there (yet) too; and about once a minute while there is one.
 */
export function useLikesSubscription(
  supabase: SupabaseClient | null,
  { schema = 'public', table = 'posts_new' }: SubscriptionOptions = {},
): void {
  const store = useLikesStore()
  useEffect(() => {
    const events = store.reading.poller.follow()
    const stop = supabase && subscribe(store, supabase, { schema, table }, events.joined)
    return () => {
      stop?.()
      events.leave()
    }
  }, [store, supabase, schema, table])
}

function subscribe(
  store: LikesStore,
  supabase: SupabaseClient,
  { schema, table }: Required<SubscriptionOptions>,
  joined: (isJoined: boolean) => void,
): () => void {
  let isFirst = true
  let isOver = false
  const channel = supabase
    .channel(`onecount:${table}`)
    .on<PostRow>('postgres_changes', { event: 'UPDATE', schema, table }, ({ new: row }) => hear(store, row))
    .subscribe(status => {
      if (isOver) return
      joined(status === 'SUBSCRIBED')
      // Joined: something may have been missed. Failed: whether the server is there at all, a read will tell.
      if (status === 'CLOSED') return
      store.refreshActive(isFirst && status === 'SUBSCRIBED' ? JOIN_SPREAD_MS : REJOIN_SPREAD_MS)
      isFirst = false
    })
  return () => {
    isOver = true
    supabase.removeChannel(channel)
  }
}

interface PostRow {
  [column: string]: unknown
  id: string
  likes: unknown
  likes_rev: unknown
}

/** A row that is too large comes without its columns. */
function hear(store: LikesStore, { id, likes, likes_rev }: Partial<PostRow>): void {
  if (typeof id === 'string') store.hint(id, { count: numeric(likes), rev: numeric(likes_rev) })
}

/** Large integers arrive as numbers or texts; anything else is no number, `null` not 0. */
function numeric(value: unknown): number {
  if (typeof value === 'string' && /^\d{1,16}$/.test(value)) return Number(value)
  return typeof value === 'number' ? value : Number.NaN
}
