'use client'

import { useCallback, useSyncExternalStore } from 'react'
import { keptPosts } from './kept-posts'
import type { KindOptions } from './kind'
import { useLikesStore } from './provider'

/**
 * How many posts have a press of this browser that Postgres is not known to hold, on whichever page it was made. They
 * are sent again until it does; 0 on a server.
 *
 * @example
 * const kept = useKeptLikes()
 * return isOffline && kept > 0 ? <p>{kept} likes are sent when you are back.</p> : null
 */
export function useKeptLikes({ kind }: KindOptions = {}): number {
  const store = useLikesStore(kind)
  const subscribe = useCallback(
    (listener: () => void) => {
      const stop = store.queryClient.getQueryCache().subscribe(({ query }) => {
        if (store.owns(query)) listener()
      })
      // Another tab has written or forgotten one.
      addEventListener('storage', listener)
      return () => {
        stop()
        removeEventListener('storage', listener)
      }
    },
    [store],
  )
  return useSyncExternalStore(
    subscribe,
    () => keptPosts(store.ops).length,
    () => 0,
  )
}
