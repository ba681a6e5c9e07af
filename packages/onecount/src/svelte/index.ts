/**
 * The client for Svelte 4 and 5.
 * @module
 */

import { getContext, setContext } from 'svelte'
import { createLikes, type Likes, type LikesOptions } from '../client/create-likes'
import type { LikesObserver, ObserverOptions } from '../client/observe-likes'

export type { ObservedLikes, ObserverOptions } from '../client/observe-likes'
export { createHttpTransport, type HttpTransportOptions } from '../react/http-transport'
export type { Likes, LikesObserver, LikesOptions }

const keyOf = (kind: string) => `onecount:${kind}`

/**
 * The likes of a kind, for all components below: once, in the root layout. A server renders the layout for each request,
 * so no two people share them.
 *
 * @example
 * // +layout.svelte
 * setLikes()
 */
export function setLikes(options?: LikesOptions): Likes {
  const likes = createLikes(options)
  return setContext(keyOf(likes.kind), likes)
}

/**
 * The likes of a kind, as a component above has set them. Their `observe` answers stores, so it may be called anew where
 * the post of a component changes: `const like = $derived(likes.observe(post.id, { seed: post.likes }))`.
 *
 * @param kind `like` where left out
 * @throws Error without a `setLikes` of the kind
 * @example
 * const likes = getLikes('bookmark')
 * const like = likes.observe(post.id, { seed: post.likes })
 */
export function getLikes(kind = 'like'): Likes {
  const likes = getContext<Likes | undefined>(keyOf(kind))
  if (!likes) throw new Error(`No setLikes of the kind ${kind}: call it in a component above this one`)
  return likes
}

/** What {@link useLikes} takes beside the post. */
export interface UseLikesOptions extends ObserverOptions {
  /**
   * Which likes of the post: those of the `setLikes` of this kind.
   * @default 'like'
   */
  kind?: string
}

/**
 * The likes of one post, the same in every view: a Svelte store with the functions of a view.
 *
 * @throws Error without a `setLikes` of the kind
 * @example
 * <script>
 *   let { post } = $props()
 *   const like = useLikes(post.id, { seed: post.likes })
 * </script>
 * <button aria-pressed={$like.liked} aria-label={$like.label} onclick={like.press}>
 *   {$like.liked ? '♥' : '♡'} {$like.count ?? '–'}
 * </button>
 */
export function useLikes(postId: string, { kind, ...options }: UseLikesOptions = {}): LikesObserver {
  return getLikes(kind).observe(postId, options)
}
