import { isCredible } from './credible'
import { type LikeInput, likesKey, REGISTER_TTL_MS } from './registers'
import { Rereader } from './rereader'
import type { LikesStore } from './store'
import { serverTime } from './transport'

/**
 * Merges an event about a post that some view has asked for. It may have been long on its way: where it would win by
 * the age of what is known alone, the server is asked instead. It is asked as well where the event tells what no press
 * of this page explains: it moves the number, and only an answer tells whose press it was.
 */
export function hint(store: LikesStore, postId: string, said: LikeInput): void {
  const entry = store.entry(postId)
  if (!entry) return
  const { reading, queryClient, clock, transport } = store
  const rereader = reading.explain(Rereader)
  const input = { count: said.count, rev: said.rev, source: said.source }
  if (!isCredible(input, entry, serverTime(transport)) || typeof input.count !== 'number') {
    rereader.ask(postId, 0)
    return
  }
  const isUnreachable = queryClient.getQueryState(likesKey(postId))?.status === 'error'
  const isOld = clock.now() - entry.countAt > REGISTER_TTL_MS
  if (input.rev > entry.countRev) store.receive(postId, { ...input, cached: true })
  else if (input.rev === entry.countRev && input.count !== entry.count) rereader.ask(postId, input.rev, true)
  else if (input.rev < entry.countRev && isOld && !isUnreachable) reading.refetch([postId], false)
}
