'use client'

import { type RealtimeClient, useLikesSubscription } from 'onecount/react/realtime'

/** Follows other people's likes: Supabase Realtime's updates of `posts_new`. Without a client counts are polled. */
export function usePostLikesSubscription(client: RealtimeClient | null): void {
  useLikesSubscription(client, { schema: 'public', table: 'posts_new' })
}
