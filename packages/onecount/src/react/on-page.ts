import type { LikesQuery } from './likes-cache'
import type { LikesEntry } from './registers'
import { isComplete, isGone } from './shown'
import type { LikesStore } from './store'

/** Reads these posts as far as a view shows them; `anew`: a read that is under way is too old for this. */
export function refetch(store: LikesStore, postIds: readonly string[], anew: boolean): Promise<void> {
  const ids = new Set(postIds)
  return store.queryClient.refetchQueries(
    { type: 'active', predicate: query => store.owns(query) && ids.has(idOf(query)) },
    { cancelRefetch: anew },
  )
}

/** The posts that a person sees now: in views that are neither in a route that is kept hidden nor scrolled away. */
export function postsOnScreen(store: LikesStore, what: 'all' | 'incomplete'): string[] {
  if (globalThis.document?.visibilityState === 'hidden') return []
  return activeQueries(store)
    .filter(query => (what === 'all' ? !isGone(query.state.error) : isIncomplete(query)))
    .map(idOf)
    .filter(postId => isSeen(store, postId))
}

/** Queries of posts that views show, wherever they are. */
export const activeQueries = (store: LikesStore): LikesQuery[] =>
  store.queryClient.getQueryCache().findAll({ type: 'active', predicate: store.owns })

/** Whether a post is still to be asked for: its count is not exact, or its heart not known. */
export function isIncomplete({ state: { status, error, data } }: LikesQuery): boolean {
  if (isGone(error)) return false
  return status === 'error' || !isComplete(data as LikesEntry | undefined)
}

/** Of a post that has no such view nothing can be told: whatever shows it is taken to be seen. */
export function isSeen(store: LikesStore, postId: string): boolean {
  const { views } = store.post(postId)
  return views.size === 0 || [...views].some(view => view.isSeen)
}

export const idOf = ({ queryKey }: LikesQuery): string => String(queryKey[1])
