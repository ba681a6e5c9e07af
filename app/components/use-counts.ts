import { shownLikes, useLikesStore } from 'onecount/react'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { Post } from '@/app/types'

/**
 * Likes of many posts as their own views show them right now, by post id; null where unknown. Holds nothing itself:
 * reads the posts' entries and the person's own presses, for what concerns all of them, an order or a sum.
 */
export function useCounts(posts: readonly Pick<Post, 'id' | 'likes'>[]): ReadonlyMap<string, number | null> {
  const store = useLikesStore()

  const subscribe = useCallback(
    (listener: () => void) => {
      const leave = posts.map(({ id }) => store.subscribe(id, listener))
      leave.push(
        store.queryClient.getQueryCache().subscribe(event => {
          if (event.type === 'updated' && event.query.queryKey[0] === 'onecount') listener()
        }),
      )
      return () => {
        for (const stop of leave) stop()
      }
    },
    [store, posts],
  )
  const read = () =>
    posts
      .map(({ id, likes }) => {
        const entry = store.entry(id)
        return entry ? shownLikes(entry, store.intent(id)).count : likes
      })
      .join()
  // One text, so that nothing renders anew until a count really changes.
  const counts = useSyncExternalStore(subscribe, read, () => posts.map(post => post.likes).join())

  return useMemo(() => {
    const values = counts.split(',')
    return new Map(posts.map(({ id }, index) => [id, values[index] ? Number(values[index]) : null]))
  }, [posts, counts])
}
