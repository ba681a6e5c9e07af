'use client'

import { useEffect, useEffectEvent, useId, useRef, useState } from 'react'
import { useFeed } from '@/app/hooks/useFeed'
import type { Post } from '@/app/types'
import type { FeedPage } from '@/app/utils/feed-page'
import { AuthorLine } from './AuthorLine'
import styles from './HomeFeed.module.css'
import { LikeControl } from './LikeControl'
import { MoreLink } from './MoreLink'
import { Picture } from './Picture'
import { StatePanel } from './StatePanel'

/** Older pictures are loaded when the end of the feed comes this near. */
const NEAR = '1200px'

/**
 * The feed, newest first; older pictures are appended at the same address. The counts in `first` are seeds: what is shown
 * is each post's own entry.
 */
export function HomeFeed({ first }: { first: FeedPage }) {
  const { posts, next, status, more } = useFeed(first)
  const [focused, setFocused] = useState<string>()
  const end = useRef<HTMLDivElement>(null)
  const near = useEffectEvent(() => {
    if (status === 'idle') void more()
  })

  useEffect(() => {
    // A busy page hears of several changes at once: the last one is how it is now.
    const observer = new IntersectionObserver(entries => entries.at(-1)?.isIntersecting && near(), {
      rootMargin: NEAR,
    })
    if (next !== null && end.current) observer.observe(end.current)
    return () => observer.disconnect()
  }, [next])

  if (posts.length === 0) {
    return (
      <StatePanel kind="empty" title="Nobody has passed by yet">
        <p>The first picture that somebody posts will be here.</p>
      </StatePanel>
    )
  }
  return (
    <div className={styles.feed}>
      {posts.map((post, index) => (
        <FeedPost key={post.id} post={post} index={index} takesFocus={post.id === focused} />
      ))}
      {next !== null && (
        <div ref={end} className={styles.more}>
          {/* Without scripts, and where the next page cannot be loaded here, it is a page of its own. */}
          <MoreLink
            href={`/?before=${next}`}
            isBusy={status === 'loading'}
            onPress={async () => setFocused((await more())?.id)}
          >
            Older pictures
          </MoreLink>
          <p role="status">
            {status === 'failed' && 'They cannot be loaded right now. Try again in a moment.'}
          </p>
        </div>
      )}
    </div>
  )
}

interface FeedPostProps {
  post: Post
  index: number
  /** The first of those that a person has asked for. */
  takesFocus: boolean
}

function FeedPost({ post, index, takesFocus }: FeedPostProps) {
  const captionId = useId()
  const article = useRef<HTMLElement>(null)
  useEffect(() => {
    if (takesFocus) article.current?.focus({ preventScroll: true })
  }, [takesFocus])

  return (
    <article
      ref={article}
      aria-labelledby={captionId}
      data-post-id={post.id}
      tabIndex={takesFocus ? -1 : undefined}
      className={styles.post}
    >
      <div className={styles.author}>
        <AuthorLine author={post.author} createdAt={post.createdAt} />
      </div>
      <Picture post={post} first={index === 0} eager={index < 2} />
      <div className={styles.below}>
        <LikeControl post={post} />
        <h2 id={captionId} lang="es" className={styles.caption}>
          {post.caption}
        </h2>
      </div>
    </article>
  )
}
