'use client'

import { useCallback, useSyncExternalStore } from 'react'
import type { KindOptions } from './kind'
import { useLikesStore } from './provider'
import type { LikesEntry } from './registers'
import { isUnreachable, type LikesStatus, shownLikes } from './shown'
import type { LikesStore } from './store'

/** From what concerns a person most to what concerns no person. */
const URGENCY: readonly LikesStatus[] = ['retrying', 'saving', 'unknown', 'last-known', 'lagging', 'exact']

/**
 * What the counts on the page are worth: the most urgent status of all posts that a view shows; `exact` without one.
 *
 * @example
 * const status = useLikesStatus()
 * return status === 'last-known' ? <p>The server cannot be reached.</p> : null
 */
export function useLikesStatus({ kind }: KindOptions = {}): LikesStatus {
  const store = useLikesStore(kind)
  const subscribe = useCallback(
    (listener: () => void) => {
      const leave = new Map<string, () => void>()
      const watch = (postId: string) => {
        if (!leave.has(postId)) leave.set(postId, store.post(postId).subscribe(listener))
      }
      const cache = store.queryClient.getQueryCache()
      for (const { queryKey } of cache.findAll({ predicate: store.owns })) watch(String(queryKey[1]))
      const stop = cache.subscribe(({ type, query }) => {
        if (!store.owns(query)) return
        if (type === 'added') watch(String(query.queryKey[1]))
        if (type === 'updated' || type === 'observerAdded' || type === 'observerRemoved') listener()
      })
      return () => {
        stop()
        for (const unwatch of leave.values()) unwatch()
      }
    },
    [store],
  )
  return useSyncExternalStore(
    subscribe,
    () => worst(store),
    () => 'exact',
  )
}

function worst(store: LikesStore): LikesStatus {
  const present = new Set(
    store.queryClient
      .getQueryCache()
      .findAll({ predicate: store.owns, type: 'active' })
      .map(({ queryKey, state }) => {
        const intent = store.post(String(queryKey[1])).intent()
        const unreachable = isUnreachable(state)
        return shownLikes(state.data as LikesEntry | undefined, intent, { unreachable }).status
      }),
  )
  return URGENCY.find(status => present.has(status)) ?? 'exact'
}
