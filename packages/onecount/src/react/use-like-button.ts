'use client'

import { useEffect, useRef } from 'react'
import { later } from './later'
import { likeLabel } from './like-label'
import type { likeText } from './like-text'
import { isPending } from './shown'
import type { Told } from './tell'
import type { LikesView } from './use-likes'

/** A post's likes, and what a button needs to show and to change them. */
export interface LikeButtonView extends LikesView {
  /** The last press is not saved yet: `status` is `saving` or `retrying`. */
  isPending: boolean
  /** To be spread on a `<button>`. */
  buttonProps: LikeButtonAttributes
}

/** What makes a `<button>` one of a post. */
export interface LikeButtonAttributes {
  /** No button of a form. */
  type: 'button'
  /** Whether the post is liked. */
  'aria-pressed': boolean
  /** Names the button, with the count. */
  'aria-label': string
  /** The press. */
  onClick(): void
  /** `watch`; put it on an element around the button where that says better what is seen. */
  ref: LikesView['watch']
}

/**
 * What makes a button of a post's likes: name and state for screen readers, and announcements of what became of a press
 * that was made here. What others do stays silent.
 *
 * @param like what `useLikes` has answered
 * @param text names the button and words the announcements; `likeText`, English, where left out
 * @example
 * const { count, liked, buttonProps } = useLikeButton(useLikes(post.id, post.likes))
 * return <button {...buttonProps}>{liked ? '♥' : '♡'} {count ?? '–'}</button>
 */
export function useLikeButton(like: LikesView, text?: typeof likeText): LikeButtonView {
  const told = useRef<Told['current']>(undefined)
  useEffect(openRegion, [])
  useEffect(() => {
    if (told.current) later(({ tell }) => tell(told, like, text))
  })
  return {
    ...like,
    isPending: isPending(like),
    buttonProps: {
      type: 'button',
      'aria-pressed': like.liked,
      'aria-label': (text ?? likeLabel)('label', like),
      onClick() {
        told.current = 'effect'
        openRegion()
        like.toggle()
      },
      ref: like.watch,
    },
  }
}

/** Where announcements will be heard; text that arrives with its region is not read out. */
const openRegion = () => later(({ openRegion }) => void openRegion())
