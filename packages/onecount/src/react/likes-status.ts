'use client'

import type { Query, QueryClient } from '@tanstack/react-query'
import { useMemo, useSyncExternalStore } from 'react'
import type { KindOptions } from './kind'
import { idOf } from './on-page'
import type { PostLikes } from './post'
import { useLikesStore } from './provider'
import type { LikesEntry } from './registers'
import { isUnreachable, type LikesStatus, shownLikes } from './shown'
import type { LikesStore } from './store'

/** From what concerns a person most to what concerns no person. */
const URGENCY: readonly LikesStatus[] = ['retrying', 'saving', 'unknown', 'last-known', 'lagging', 'exact']

/** Events of the query cache after which the status of a post may be another one. */
const JUDGED: ReadonlySet<string> = new Set(['updated', 'observerAdded', 'observerRemoved', 'removed'])

/**
 * What the counts on the page are worth: the most urgent status of all posts that a view shows; `exact` without one.
 *
 * @example
 * const status = useLikesStatus()
 * return status === 'last-known' ? <p>The server cannot be reached.</p> : null
 */
export function useLikesStatus({ kind }: KindOptions = {}): LikesStatus {
  const store = useLikesStore(kind)
  const [subscribe, read] = useMemo(() => watchStatus(store), [store])
  return useSyncExternalStore(subscribe, read, () => 'exact')
}

/** The most urgent status; while it is subscribed to, one event judges one post. */
function watchStatus(store: LikesStore<QueryClient>) {
  const cache = store.queryClient.getQueryCache()
  const queries = new Map<string, Query>()
  /** Of the posts that a view shows, and how many posts have each. */
  const statuses = new Map<string, LikesStatus>()
  const posts = new Map<LikesStatus | undefined, number>()
  let isWatched = false

  /** Whether the status of the post has changed; undefined: no view shows it. */
  function note(postId: string): boolean {
    const query = queries.get(postId)
    const status = query?.isActive() ? statusOf(store.post(postId), query) : undefined
    const was = statuses.get(postId)
    if (status === was) return false
    if (status) statuses.set(postId, status)
    else statuses.delete(postId)
    posts.set(was, (posts.get(was) ?? 0) - 1)
    posts.set(status, (posts.get(status) ?? 0) + 1)
    return true
  }

  function noteAll(): void {
    for (const known of [queries, statuses, posts]) known.clear()
    for (const query of cache.findAll({ predicate: store.owns })) {
      queries.set(idOf(query), query)
      note(idOf(query))
    }
  }

  function subscribe(listener: () => void): () => void {
    const leave = new Map<string, () => void>()
    const update = (postId: string) => {
      if (note(postId)) listener()
    }
    const watch = (postId: string) => {
      if (!leave.has(postId))
        leave.set(
          postId,
          store.post(postId).subscribe(() => update(postId)),
        )
    }
    noteAll()
    for (const postId of queries.keys()) watch(postId)
    const stop = cache.subscribe(({ type, query }) => {
      if (!store.owns(query)) return
      const postId = idOf(query)
      if (type === 'added') {
        // While a view renders: its observer, which follows, calls back.
        queries.set(postId, query)
        watch(postId)
      }
      if (type === 'removed' && queries.get(postId) === query) queries.delete(postId)
      if (JUDGED.has(type)) update(postId)
    })
    isWatched = true
    return () => {
      isWatched = false
      stop()
      for (const unwatch of leave.values()) unwatch()
    }
  }

  function read(): LikesStatus {
    if (!isWatched) noteAll()
    return URGENCY.find(status => posts.get(status)) ?? 'exact'
  }

  return [subscribe, read] as const
}

function statusOf(post: PostLikes, { state }: Query): LikesStatus {
  const unreachable = isUnreachable(state)
  return shownLikes(state.data as LikesEntry | undefined, post.intent(), { unreachable }).status
}
