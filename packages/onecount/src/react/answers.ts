import { sound } from './numbers'
import { complete, drop, explain, holdBack } from './judge'
import type { KeptOps } from './kept-ops'
import { lookAfter } from './look-after'
import type { Press } from './outbox'
import type { PostLikes } from './post'
import { EMPTY_ENTRY, type LikeInput } from './registers'
import type { LikesStore } from './store'
import { LikesUnreachable } from './transport'

/** The server has answered a press; `isHere`: of the session that the page is of. */
export function answered(
  store: LikesStore,
  post: PostLikes,
  { op, session }: Press,
  said: LikeInput & { op: number },
  at: number,
  isHere: boolean,
): void {
  const { ops, clock } = store
  const answer = sound(said) === said ? said : { ...sound(said), liked: op % 2 === 1, op }
  // Where it was not known who pressed, the server has said it.
  const by = answer.session ?? session
  if (by !== session) {
    forget(ops, post, op, session)
    ops.set(post.postId, op, by)
  }
  if (answer.durable || answer.op !== op) forget(ops, post, op, by)
  // A server that does not refuse an op of the future has stored another in its place.
  if (answer.op < op && !answer.durable && ops.get(post.postId, by) < answer.op)
    ops.set(post.postId, answer.op, by)
  if (!isHere) return
  const known = post.entry()
  const input = complete(answer, known)
  // An answer whose op is news here is newer than what the registers hold, whatever their revision says.
  const isNews = (known?.op ?? 0) < answer.op
  post.put(isNews ? { ...EMPTY_ENTRY, ...known, countRev: 0, likedRev: 0 } : known, input, at)
  noteRead(store, post, input, at)
  if (post.keptOp())
    post.acknowledged = { op: Math.min(op, answer.op), session: ops.session, at: clock.now() }
  lookAfter(store).answered(post.postId, input)
}

/** Merges what the server said, as `receive` of the post has it. */
export function receive(store: LikesStore, post: PostLikes, said: LikeInput, at: number): void {
  const input = sound(said)
  const isIn = hasPress(store, post, input, at)
  const { count, liked, op } = input
  const open = post.intent()
  const isOpen = open !== undefined && !isOvertaken()
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

  /** A newer press of the session, made elsewhere, has won over the one that is on its way. */
  function isOvertaken(): boolean {
    const isOwn = !open!.session || open!.session === store.ops.session
    if (!isOwn || (op ?? 0) <= open!.op) return false
    post.show(undefined, post.refusal())
    return true
  }
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
  if (known > kept || (known === kept && durable)) forget(store.ops, post, kept)
  if (known >= kept) return true
  if (at > (post.acknowledged?.at ?? 0)) post.resend(kept)
  return false
}

/** There is no such post: nothing is known of it any more. */
export function gone(store: LikesStore, post: PostLikes): void {
  refused(store.ops, post, post.keptOp())
  store.rereader?.gone(post.postId)
  if (post.entry()) store.queryClient.setQueryData(post.queryKey, EMPTY_ENTRY)
}

/** Merges what was held back while an intent was open. */
export function release(post: PostLikes): void {
  const input = post.heldBack
  post.heldBack = undefined
  if (input) post.receive(input)
}

/** A press needs no looking after any more, unless a newer one has taken its place. */
export function forget(ops: KeptOps, post: PostLikes, op: number, session = ops.session): void {
  ops.forget(post.postId, op, session)
  if (!post.keptOp()) post.acknowledged = undefined
}

/** The server will not have it. An earlier press that it did take is still to be looked after. */
export function refused(ops: KeptOps, post: PostLikes, op: number, session = ops.session): void {
  const { acknowledged, postId } = post
  const isLast = acknowledged?.session === session && ops.get(postId, session) <= op
  if (isLast && acknowledged && acknowledged.op < op) ops.set(postId, acknowledged.op, session)
  else forget(ops, post, op, session)
}

/**
 * Whether a press of an earlier page may be sent: an answer has said that the page is of the session that made it, and
 * Postgres is not known to hold it.
 *
 * @throws LikesUnreachable where no answer says it
 */
export async function claim(store: LikesStore, post: PostLikes, op: number): Promise<boolean> {
  await post.read()
  if (store.namedAt) return store.ops.get(post.postId) === op
  throw new LikesUnreachable('no answer says whose the page is')
}
