import { getContext, setContext } from 'svelte'
import { createLikes, type Likes, type LikesOptions } from '../client/create-likes'
import type { LikesObserver, ObserverOptions } from '../client/observe-likes'

export type { ObservedLikes } from '../client/observe-likes'
export { createHttpTransport } from '../react/http-transport'
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
 * @param kind default: `like`
 * @throws Error without a `setLikes` of the kind
 * @example
 * const likes = getLikes('bookmark')
 * const like = likes.observe(post.id, { seed: post.likes })
 */
export function getLikes(kind = 'like'): Likes {
  const likes = getContext<Likes | undefined>(keyOf(kind))
  if (!likes) throw new Error(`No setLikes of the kind ${kind} in a component above`)
  return likes
}

/**
 * The likes of one post, the same in every view: a Svelte store with the functions of a view.
 *
 * @param options `kind` (default: `like`), `seed`: what the server rendered, `text`: another language
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
export function useLikes(
  postId: string,
  { kind, ...options }: ObserverOptions & { kind?: string } = {},
): LikesObserver {
  return getLikes(kind).observe(postId, options)
}
