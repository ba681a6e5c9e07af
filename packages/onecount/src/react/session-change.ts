import { adopt } from './kept-posts'
import type { LikesStore } from './store'

/**
 * An answer has named the session of the page; `isOther`: not the one that it was of before, as after a sign-out. Then
 * what is known of hearts begins anew, and what waits to be sent for the one before is told so by the server.
 */
export function changeSession(store: LikesStore, isOther: boolean): void {
  noteSession(store)
  if (!isOther) return
  store.queryClient.removeQueries({ type: 'inactive', predicate: store.owns })
  store.retryAll()
  store.refreshActive()
}

/**
 * Notes whose page this is for the next one. What is kept of no session was made before the first answer, by the first
 * session that is named after it.
 */
export function noteSession({ ops, note, session, namedAt }: LikesStore): void {
  const named = namedAt ? session : undefined
  const first = ops.use(storage => storage.getItem(note)) ?? named
  if (first) adopt(ops, first)
  if (named) ops.use(storage => storage.setItem(note, named))
}
