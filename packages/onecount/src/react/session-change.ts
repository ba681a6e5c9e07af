import { adopt } from './kept-posts'
import { lookAfter } from './look-after'
import { isOfAnother } from './numbers'
import type { PostLikes } from './post'
import type { LikesStore } from './store'

/**
 * An answer has named the session of the page, for the first time or another one than before, as after a sign-out. What
 * is known of hearts begins anew, and presses of another session that wait to be sent are told so by the server.
 */
export function changeSession(store: LikesStore): void {
  noteSession(store)
  const { ops, posts, caretaker } = store
  const others = [...posts.values()].filter(({ entry }) => isOfAnother(ops, entry()))
  for (const post of others) clearHeart(store, post)
  for (const post of posts.values()) {
    const intent = post.intent()
    if (intent?.phase === 'retrying' && isOfAnother(ops, intent)) post.retry()
  }
  if (others.length > 0 && caretaker) lookAfter(store).refreshWithin(0)
}

/**
 * Notes whose page this is for the next one. What is kept of no session was made before the first answer, by the first
 * session that is named after it.
 */
export function noteSession({ ops, namedAt }: LikesStore): void {
  const { note, session } = ops
  const first = ops.use(storage => storage.getItem(note)) ?? (namedAt ? session : undefined)
  if (first) adopt(ops, first)
  if (namedAt && session) ops.use(storage => storage.setItem(note, session))
}

function clearHeart({ queryClient, ops: { session } }: LikesStore, { entry, queryKey }: PostLikes): void {
  const known = entry()!
  const heart = { liked: null, likedRev: 0, likedAt: 0, op: 0, session }
  const count = known.private && { count: null, countRev: 0, countAt: 0 }
  queryClient.setQueryData(queryKey, { ...known, ...heart, ...count })
}
