'use client'

import type { QueryClient } from '@tanstack/react-query'
import { useMemo, useSyncExternalStore } from 'react'
import type { KindOptions } from './kind'
import { idOf } from './on-page'
import { useLikesStore } from './provider'
import { shownLikes } from './shown'
import type { LikesStore } from './store'

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
  const [subscribe, read, shown] = useMemo(() => watchCounts(store, ids.split(',')), [store, ids])
  const version = useSyncExternalStore(subscribe, read, () => 0)
  const counts = posts
    .map(({ id, count }) => {
      const known = version ? shown.get(id) : undefined
      return known === undefined ? count : known
    })
    .join()

  // The same map until a count really changes.
  return useMemo(() => {
    if (ids === '') return new Map()
    const values = counts.split(',')
    return new Map(ids.split(',').map((id, index) => [id, values[index] ? Number(values[index]) : null]))
  }, [ids, counts])
}

/** Counts by post, where anything is known of it, and a version that changes with them: one event reads one post. */
function watchCounts(store: LikesStore<QueryClient>, postIds: string[]) {
  const shown = new Map<string, number | null | undefined>(postIds.map(id => [id, undefined]))
  let version = 1
  let isWatched = false

  /** Whether the count has changed. */
  function note(postId: string): boolean {
    const { entry, intent } = store.post(postId)
    const known = entry()
    const count = known && shownLikes(known, intent()).count
    if (count === shown.get(postId)) return false
    shown.set(postId, count)
    version++
    return true
  }

  function noteAll(): void {
    for (const postId of shown.keys()) note(postId)
  }

  function subscribe(listener: () => void): () => void {
    const update = (postId: string) => {
      if (note(postId)) listener()
    }
    const leave = [...shown.keys()].map(id => store.post(id).subscribe(() => update(id)))
    leave.push(
      store.queryClient.getQueryCache().subscribe(({ type, query }) => {
        // A query is added while a view renders: its observer, which follows, calls back.
        if (type !== 'updated' && type !== 'observerAdded' && type !== 'removed') return
        if (store.owns(query) && shown.has(idOf(query))) update(idOf(query))
      }),
    )
    noteAll()
    isWatched = true
    return () => {
      isWatched = false
      for (const stop of leave) stop()
    }
  }

  function read(): number {
    if (!isWatched) noteAll()
    return version
  }

  return [subscribe, read, shown] as const
}
