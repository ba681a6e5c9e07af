'use client'

import { type RealtimeClient, useLikesSubscription } from 'onecount/react/realtime'

/**
 * Follows other people's likes: what the server broadcasts of the posts on screen, or, where it broadcasts nothing or
 * the page may not join, Supabase Realtime's updates of `posts_new`. Without a client counts are polled.
 */
export function usePostLikesSubscription(client: RealtimeClient | null, broadcast = false): void {
  useLikesSubscription(client, { schema: 'public', table: 'posts_new', broadcast })
}
