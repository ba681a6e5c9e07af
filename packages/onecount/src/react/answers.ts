import { drop, explain, holdBack } from './judge'
import { forget, refused } from './kept-press'
import { lookAfter } from './look-after'
import { isOfAnother, sound } from './numbers'
import { refetch } from './on-page'
import type { Press } from './outbox'
import type { PostLikes } from './post'
import { EMPTY_ENTRY, type LikeInput } from './registers'
import type { LikesStore } from './store'
import { LikesUnreachable } from './transport'

/** The server has answered a press, which was merged: what is kept of it, and who is to be told. */
export function answered(
  store: LikesStore,
  post: PostLikes,
  { op, session }: Press,
  said: LikeInput & { op: number },
  at: number,
): void {
  const { ops, clock } = store
  const { postId } = post
  const answer = sound(said) === said ? said : { ...sound(said), op }
  // Where it was not known who pressed, the server has said it.
  const by = answer.session ?? session
  if (by !== session) {
    forget(store, post, op, session)
    ops.set(postId, op, by)
  }
  if (answer.durable || answer.op !== op) forget(store, post, op, by)
  // A server that does not refuse an op of the future has stored another in its place.
  if (answer.op < op && !answer.durable && ops.get(postId, by) < answer.op) ops.set(postId, answer.op, by)
  if (isOfAnother(answer, store)) return
  noteRead(store, post, answer, at)
  if (post.keptOp()) post.acknowledged = { op: Math.min(op, answer.op), session: by, at: clock.now() }
  lookAfter(store).answered(postId, answer)
  // Where ids are UUIDs it is the same post in upper case; the client cannot know it, and a read is right for any id.
  const sameOf = (id: string) => id.toLowerCase() === postId.toLowerCase()
  const others = [...store.posts.keys()].filter(id => id !== postId && sameOf(id))
  if (others.length > 0) refetch(store, others, true)
}

/** Merges what the server said, as `receive` of the post has it. */
export function receive(store: LikesStore, post: PostLikes, said: LikeInput, at: number): void {
  const input = sound(said)
  const { count, liked, op } = input
  const isIn = hasPress(store, post, input, at)
  const open = post.intent()
  // A newer press of the session, made elsewhere, has won over the one that is on its way.
  if (open && (op ?? 0) > open.op && !isOfAnother(open, store)) post.show(undefined, post.refusal())
  const isOpen = post.intent() !== undefined
  const isAnswer = typeof liked === 'boolean'
  const known = post.entry()
  if (typeof count === 'number' && !(isAnswer ? isOpen || isIn : isIn && !isOpen)) {
    holdBack(store, post, input)
    return
  }
  post.put(known, input, at)
  noteRead(store, post, input, at)
  if (!isAnswer) explain(store, post.postId, input, known)
  if (isIn && !isOpen) release(post)
}

/** What the server said; `at`: when it was asked. */
function noteRead({ rereader }: LikesStore, post: PostLikes, input: LikeInput, at: number): void {
  if (typeof input.liked === 'boolean' && !input.cached) post.readAt = at
  rereader?.heard(post.postId, input, at)
}

/** Whether the kept press is in what the server said; one that the server has lost is sent again, the same op. */
function hasPress(
  store: LikesStore,
  post: PostLikes,
  { op, liked, durable }: LikeInput,
  at: number,
): boolean {
  const isAnswer = op !== undefined && typeof liked === 'boolean'
  const kept = post.keptOp()
  if (!kept) {
    if (isAnswer && store.ops.get(post.postId)) drop(store, post, op)
    return true
  }
  if (!isAnswer) return false
  const known = op ?? 0
  if (known > kept || (known === kept && durable)) forget(store, post, kept)
  if (known >= kept) return true
  if (at > (post.acknowledged?.at ?? 0)) post.resend(kept)
  return false
}

/** There is no such post: nothing is known of it any more. */
export function gone(store: LikesStore, post: PostLikes): void {
  refused(store, post, post.keptOp())
  store.rereader?.gone(post.postId)
  if (post.entry()) store.queryClient.setQueryData(post.queryKey, EMPTY_ENTRY)
}

/** Merges what was held back while an intent was open. */
export function release(post: PostLikes): void {
  const input = post.heldBack
  post.heldBack = undefined
  if (input) post.receive(input)
}

/**
 * Whether a press of an earlier page may be sent: an answer has said that the page is of the session that made it, and
 * Postgres is not known to hold it.
 *
 * @throws LikesUnreachable where no answer says it
 */
export async function claim(store: LikesStore, post: PostLikes, op: number): Promise<boolean> {
  await post.read()
  if (!store.namedAt) throw new LikesUnreachable('no answer says whose the page is')
  return store.ops.get(post.postId) === op
}
