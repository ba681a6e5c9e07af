'use client'

import { useEffect, useRef } from 'react'
import { announce, openRegion } from './announce'
import { likeText } from './like-text'
import type { LikesView } from './use-likes'

/** A post's likes, and what a button needs to show and to change them. */
export interface LikeButtonView extends LikesView {
  /** The last press is not saved yet: `status` is `saving` or `retrying`. */
  isPending: boolean
  /** To be spread on a `<button>`. */
  buttonProps: {
    type: 'button'
    'aria-pressed': boolean
    'aria-label': string
    onClick(): void
    /** `watch`; put it on an element around the button where that says better what is seen. */
    ref: LikesView['watch']
  }
}

/**
 * What makes a button of a post's likes: name and state for screen readers, and announcements of what became of a press
 * that was made here. What others do stays silent.
 *
 * @param like what `useLikes` has answered
 * @param text names the button and words the announcements; default: English
 * @example
 * const { count, liked, buttonProps } = useLikeButton(useLikes(post.id, post.likes))
 * return <button {...buttonProps}>{liked ? '♥' : '♡'} {count ?? '–'}</button>
 */
export function useLikeButton(like: LikesView, text: typeof likeText = likeText): LikeButtonView {
  const notePress = useAnnouncedPress(like, text)
  return {
    ...like,
    isPending: isPending(like),
    buttonProps: {
      type: 'button',
      'aria-pressed': like.liked,
      'aria-label': text('label', like),
      onClick() {
        notePress()
        like.toggle()
      },
      ref: like.watch,
    },
  }
}

const isPending = ({ status }: LikesView): boolean => status === 'saving' || status === 'retrying'

/** @returns to be called with each press */
function useAnnouncedPress(like: LikesView, text: typeof likeText): () => void {
  /** What is still to be told of the last press: its effect, then how saving it went. */
  const open = useRef<'nothing' | 'effect' | 'saving' | 'retrying'>('nothing')
  useEffect(() => void openRegion(), [])

  useEffect(() => {
    const was = open.current
    if (was === 'nothing') return
    const say = (about: Parameters<typeof likeText>[0]) => announce(text(about, like))
    if (like.error) {
      say('refused')
      open.current = 'nothing'
    } else if (was === 'effect') {
      say('pressed')
      open.current = 'saving'
    } else if (was === 'saving' && like.status === 'retrying') {
      say('retrying')
      open.current = 'retrying'
    } else if (!isPending(like)) {
      if (was === 'retrying') say('saved')
      open.current = 'nothing'
    }
  })

  return () => {
    open.current = 'effect'
    openRegion()
  }
}
