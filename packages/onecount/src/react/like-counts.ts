'use client'

import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { KindOptions } from './kind'
import { useLikesStore } from './provider'
import { shownLikes } from './shown'

/** A post whose likes are asked for. */
export interface CountedPost {
  /** Of the post. */
  id: string
  /**
   * What the server rendered, for a post that no view has shown yet.
   * @default not known
   */
  count?: number | null
}

/**
 * The likes of many posts as their own views show them right now, for what concerns all of them: an order or a sum.
 * Reads nothing of the server itself.
 *
 * @returns by post id; `null` where it is unknown
 * @example
 * const counts = useLikeCounts(posts.map(({ id, likes }) => ({ id, count: likes })))
 * const sum = posts.reduce((sum, { id }) => sum + (counts.get(id) ?? 0), 0)
 */
export function useLikeCounts(
  posts: readonly CountedPost[],
  { kind }: KindOptions = {},
): ReadonlyMap<string, number | null> {
  const store = useLikesStore(kind)
  const ids = posts.map(({ id }) => id).join()
  const subscribe = useCallback(
    (listener: () => void) => {
      const leave = ids.split(',').map(id => store.post(id).subscribe(listener))
      leave.push(
        store.queryClient.getQueryCache().subscribe(event => {
          if (event.type === 'updated' && store.owns(event.query)) listener()
        }),
      )
      return () => {
        for (const stop of leave) stop()
      }
    },
    [store, ids],
  )
  const read = () =>
    posts
      .map(({ id, count }) => {
        const { entry, intent } = store.post(id)
        return entry() ? shownLikes(entry(), intent()).count : count
      })
      .join()
  // One text, so that nothing renders anew until a count really changes.
  const counts = useSyncExternalStore(subscribe, read, () => posts.map(({ count }) => count).join())

  return useMemo(() => {
    if (ids === '') return new Map()
    const values = counts.split(',')
    return new Map(ids.split(',').map((id, index) => [id, values[index] ? Number(values[index]) : null]))
  }, [ids, counts])
}
