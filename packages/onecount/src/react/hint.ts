import { isCredible } from './credible'
import { followEvents } from './follow-events'
import { refetch } from './on-page'
import { type LikeInput, REGISTER_TTL_MS } from './registers'
import type { LikesStore } from './store'
import { serverTime } from './transport'

/**
 * Merges an event about a post that some view has asked for. It may have been long on its way: where it would win by
 * the age of what is known alone, the server is asked instead. It is asked as well where the event tells what no press
 * of this page explains: it moves the number, and only an answer tells whose press it was.
 * @example
 * // Events of your own, as of a server that sends them: without a revision an event says nothing.
 * hint(store, event.postId, { count: event.likes, rev: event.rev })
 */
export function hint(store: LikesStore, postId: string, said: LikeInput): void {
  const { queryClient, clock, transport } = store
  const { entry, queryKey, receive } = store.post(postId)
  const known = entry()
  if (!known) return
  const rereader = followEvents(store)
  const input = { count: said.count, rev: said.rev, source: said.source }
  if (!isCredible(input, known, serverTime(transport)) || typeof input.count !== 'number') {
    rereader.ask(postId, 0)
    return
  }
  const isUnreachable = queryClient.getQueryState(queryKey)?.status === 'error'
  const isOld = clock.now() - known.countAt > REGISTER_TTL_MS
  if (input.rev > known.countRev) receive({ ...input, cached: true })
  else if (input.rev === known.countRev && input.count !== known.count) rereader.ask(postId, input.rev, true)
  else if (input.rev < known.countRev && isOld && !isUnreachable) refetch(store, [postId], false)
}
