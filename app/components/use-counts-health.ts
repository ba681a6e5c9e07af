import {
  isUnreachable,
  type LikesEntry,
  type LikesStatus,
  type LikesStore,
  shownLikes,
  useLikesStore,
} from 'onecount/react'
import { useCallback, useSyncExternalStore } from 'react'

/** From the one that concerns people most to the one that concerns nobody. */
const URGENCY: readonly LikesStatus[] = ['retrying', 'saving', 'unknown', 'last-known', 'lagging', 'exact']

/** The most urgent status of all counts on screen. */
export function useCountsHealth(): LikesStatus {
  const store = useLikesStore()
  const subscribe = useCallback(
    (listener: () => void) => {
      const leave = new Map<string, () => void>()
      const watch = (postId: string) => {
        if (!leave.has(postId)) leave.set(postId, store.subscribe(postId, listener))
      }
      const cache = store.queryClient.getQueryCache()
      for (const { queryKey } of cache.findAll({ queryKey: ['onecount'] })) watch(String(queryKey[1]))
      const stop = cache.subscribe(({ type, query }) => {
        if (query.queryKey[0] !== 'onecount') return
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
      .findAll({ queryKey: ['onecount'], type: 'active' })
      .map(({ queryKey, state }) => {
        const intent = store.intent(String(queryKey[1]))
        const unreachable = isUnreachable(state)
        return shownLikes(state.data as LikesEntry | undefined, intent, { unreachable }).status
      }),
  )
  return URGENCY.find(status => present.has(status)) ?? 'exact'
}
