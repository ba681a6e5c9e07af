'use client'

import { LikeButton } from 'onecount/react'
import { useRef, useState } from 'react'
import { useLikeHandler } from '@/app/hooks/useLikeHandler'
import type { Post } from '@/app/types'
import { Count } from './Count'
import { likeText } from './format'
import { HeartIcon } from './icons'
import styles from './LikeControl.module.css'
import { LikeNotice } from './LikeNotice'

interface LikeControlProps {
  post: Post
  /**
   * `row`: beside text. `large`: what the view is about. `card`: in a small card, notices lie over its picture.
   * `over`: on the picture itself.
   */
  look?: 'row' | 'large' | 'card' | 'over'
}

/** The heart and its number, the same in every view: both come from the one entry of this post. */
export function LikeControl({ post, look = 'row' }: LikeControlProps) {
  const like = useLikeHandler(post)
  const [springs, setSprings] = useState(false)
  const heart = useRef<HTMLButtonElement>(null)

  return (
    <LikeButton like={like} text={(about, likes) => likeText(about, likes, post.caption)}>
      {({ liked, isPending, buttonProps }) => (
        <div ref={like.watch} className={styles.control} data-look={look} data-status={like.status}>
          <noscript>
            <span id={`like-${post.id}`} />
          </noscript>
          {/* Until the page's scripts run, and where they never do, the browser sends the form and comes back here. */}
          <form method="post" action={`/api/likes/${post.id}/form`}>
            <button
              {...buttonProps}
              type="submit"
              name="liked"
              value={String(!liked)}
              ref={heart}
              className={styles.heart}
              data-springs={springs || undefined}
              onClick={event => {
                event.preventDefault()
                setSprings(!liked)
                buttonProps.onClick()
              }}
            >
              <HeartIcon onAnimationEnd={() => setSprings(false)} />
              {isPending && <Ring />}
            </button>
          </form>
          <Count value={like.count} status={like.status} knownAt={like.knownAt} />
          <LikeNotice like={like} onDone={() => heart.current?.focus()} className={styles.notice} />
        </div>
      )}
    </LikeButton>
  )
}

/** Around the heart while a press is on its way; CSS waits a moment, so that what is saved at once shows none. */
const Ring = () => (
  <svg className={styles.ring} viewBox="0 0 40 40" aria-hidden="true">
    <circle cx="20" cy="20" r="18" pathLength="100" />
  </svg>
)
