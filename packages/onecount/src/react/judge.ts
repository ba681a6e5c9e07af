import { isCredible } from './credible'
import { forget } from './kept-press'
import { lookAfter } from './look-after'
import { isOfAnother, sound, stampOp } from './numbers'
import type { PostLikes } from './post'
import type { LikeInput, LikesEntry } from './registers'
import type { LikesStore } from './store'
import { serverTime } from './transport'

/**
 * Merges a page's payload. It may be old, so it does not count as having read the post, and what is no news changes
 * nothing.
 */
export function seed(store: LikesStore, { entry, put, queryKey }: PostLikes, input: LikeInput): void {
  const { transport, queryClient, clock } = store
  const known = entry()
  if (!known || !isCredible(input, known, serverTime(transport))) return
  const { rev, liked } = input
  const isNewCount = known.count === null || rev > known.countRev
  const isNewHeart = typeof liked === 'boolean' && (known.liked === null || rev > known.likedRev)
  if (!isNewCount && !isNewHeart) return
  const news = { ...input, count: isNewCount ? input.count : undefined, cached: true }
  put(known, news, clock.now(), queryClient.getQueryState(queryKey)?.dataUpdatedAt)
}

/**
 * What can be believed of a payload where nothing is known of its post. What the server cannot have said has no place in
 * any order, nor what it has said to another session than the page's.
 */
export function believe({ session, transport, namedAt }: LikesStore, input: LikeInput): LikeInput {
  const isOther = namedAt && isOfAnother(input, { session })
  if (!isOther && isCredible(input, undefined, serverTime(transport))) return input
  return { ...sound(input), ...(isOther && { liked: null, session }), rev: 0, op: null }
}

/** Keeps a count until it can be told whether the person's own press is in it. */
export function holdBack(store: LikesStore, post: PostLikes, input: LikeInput): void {
  const isOpen = post.intent() !== undefined
  // What is no news needs no explanation.
  if (!isOpen && input.rev <= (post.entry()?.countRev ?? 0)) return
  const isNewest = input.rev >= (post.heldBack?.rev ?? 0)
  // An answer is asked for again instead: it will say both.
  if (isNewest && typeof input.liked !== 'boolean') post.heldBack = input
  if (!isOpen) lookAfter(store).keeper.askSoon()
}

/** A number has moved and the heart was not told of: the server knows whose press it was. */
export function explain(
  store: LikesStore,
  postId: string,
  { count, rev }: LikeInput,
  before: LikesEntry | undefined,
): void {
  if (!before || typeof count !== 'number' || rev <= before.likedRev) return
  // It may have been this session's own unlike, made elsewhere.
  const isUrgent = before.liked === true && (count === 0 || count < (before.count ?? 0))
  lookAfter(store).ask(postId, rev, isUrgent)
}

/**
 * A kept press whose op lies in the future was made with a wrong clock: how it stands to the other presses of the
 * session cannot be told any more, so it counts only where there is none. `known`: the op that the server knows.
 */
export function drop(store: LikesStore, post: PostLikes, known: number | null): void {
  const { ops, transport } = store
  const kept = ops.get(post.postId)
  if (post.keptOp() || !kept || post.intent()) return
  forget(store, post, kept)
  if (known !== null) return
  const op = stampOp(kept % 2 === 1, transport.now())
  ops.set(post.postId, op)
  post.resend(op)
}

/** Where the server took the press and could not count, the shown count stays. */
export function complete(answer: LikeInput, known: LikesEntry | undefined): LikeInput {
  if (typeof answer.count === 'number' || typeof known?.count !== 'number') return answer
  const count = Math.max(0, known.count + Number(answer.liked ?? false) - Number(known.liked ?? false))
  return { ...answer, count, rev: answer.rev || known.countRev, source: 'last-known' }
}
