import type { PostLikes } from './post'
import type { LikesStore } from './store'

/** A press needs no looking after any more, unless a newer one has replaced it. */
export function forget({ ops }: LikesStore, post: PostLikes, op: number, session?: string): void {
  ops.forget(post.postId, op, session)
  if (!post.keptOp()) post.acknowledged = undefined
}

/** The server will not have it. An earlier press that it did take is still to be looked after. */
export function refused(store: LikesStore, post: PostLikes, op: number, session = store.session): void {
  const { acknowledged, postId } = post
  const { ops } = store
  if (
    acknowledged &&
    acknowledged.session === session &&
    acknowledged.op < op &&
    ops.get(postId, session) <= op
  )
    ops.set(postId, acknowledged.op, session)
  else forget(store, post, op, session)
}
