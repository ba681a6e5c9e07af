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

/**
 * Follows the likes of all posts through Supabase Realtime: changes of the posts' rows, and `likes` broadcasts
 * (`{ postId, count, rev }`). A hint, never the truth: after every (re)subscription what is on screen is read again.
 */
export function useLikesSubscription(
  supabase: SupabaseClient | null,
  { schema = 'public', table = 'posts_new' }: SubscriptionOptions = {},
): void {
  const store = useLikesStore()
  useEffect(() => {
    if (!supabase) return
    const channel = supabase
      .channel(`onecount:${table}`)
      .on<PostRow>('postgres_changes', { event: 'UPDATE', schema, table }, ({ new: row }) => {
        hear(store, row.id, row.likes, row.likes_rev)
      })
      .on<Broadcast>('broadcast', { event: 'likes' }, ({ payload }) => {
        hear(store, payload.postId, payload.count, payload.rev)
      })
      .subscribe(status => {
        // Joined: something may have been missed. Failed: whether the server is there at all, a read will tell.
        if (status !== 'CLOSED') store.refreshActive()
      })
    return () => {
      supabase.removeChannel(channel)
    }
  }, [store, supabase, schema, table])
}

interface PostRow {
  [column: string]: unknown
  id: string
  likes: number
  likes_rev: number
}

interface Broadcast {
  [key: string]: unknown
  postId: string
  count: number
  rev: number
}

/** Revisions arrive as numbers or strings. */
function hear(store: LikesStore, postId: string, count: number, rev: number | string): void {
  store.hint(postId, { count: Number(count), rev: Number(rev) })
}
