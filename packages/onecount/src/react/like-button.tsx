'use client'

import type { ReactElement, ReactNode } from 'react'
import type { likeText } from './like-text'
import type { LikeInput } from './registers'
import { type LikeButtonView, useLikeButton } from './use-like-button'
import { type LikesView, useLikes } from './use-likes'

interface Look {
  /**
   * Draws the button.
   * @default a plain `<button>` with a heart and, unless the kind is private, the count
   */
  children?: (like: LikeButtonView) => ReactNode
  /**
   * Names the button and words the announcements.
   * @default {@link likeText}, English
   */
  text?: typeof likeText
}

/** Props of `LikeButton`: a post, or likes that the caller has read; and how it looks. */
export type LikeButtonProps = Look &
  (
    | {
        /** Whose likes; or give `like`. */
        postId: string
        /**
         * What the server rendered: the `LikeState` of the engine as it is.
         * @default that of the nearest `LikesSeed`
         */
        seed?: LikeInput
        /**
         * Which likes of the post.
         * @default `like`
         */
        kind?: string
        like?: undefined
      }
    | {
        /** What `useLikes` has answered, where the view uses it for more than the button. */
        like: LikesView
      }
  )

/**
 * The like button of a post, without any look: `aria-pressed`, a name with the count, and announcements for people who
 * listen. A press shows at once, in every view of the post.
 *
 * @example
 * <LikeButton postId={post.id} seed={post.likes}>
 *   {({ count, liked, isPending, buttonProps }) => (
 *     <button {...buttonProps} className={isPending ? 'pending' : undefined}>
 *       {liked ? '♥' : '♡'} {count ?? '–'}
 *     </button>
 *   )}
 * </LikeButton>
 */
export function LikeButton(props: LikeButtonProps): ReactElement {
  return props.like ? <Button {...props} like={props.like} /> : <PostButton {...props} />
}

function PostButton({ postId, seed, kind, ...look }: Extract<LikeButtonProps, { postId: string }>) {
  return <Button {...look} like={useLikes(postId, { kind, seed })} />
}

const Button = ({ like, text, children = plain }: Look & { like: LikesView }): ReactNode =>
  children(useLikeButton(like, text))

const plain = ({ liked, count, buttonProps, private: isPrivate }: LikeButtonView) => (
  <button {...buttonProps}>
    {liked ? '♥' : '♡'}
    {!isPrivate && ` ${count ?? '–'}`}
  </button>
)
