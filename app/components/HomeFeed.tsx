'use client'

import { useId } from 'react'
import type { Post } from '@/app/types'
import { AuthorLine } from './AuthorLine'
import styles from './HomeFeed.module.css'
import { LikeControl } from './LikeControl'
import { MoreLink } from './MoreLink'
import { Picture } from './Picture'
import { StatePanel } from './StatePanel'

interface HomeFeedProps {
  posts: Post[]
  /** Where the feed goes on; nothing when this is its end. */
  olderHref?: string
}

/** The feed, newest first. The counts in `posts` are seeds: what is shown is each post's own entry. */
export function HomeFeed({ posts, olderHref }: HomeFeedProps) {
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
        <FeedPost key={post.id} post={post} index={index} />
      ))}
      {olderHref && <MoreLink href={olderHref}>Older pictures</MoreLink>}
    </div>
  )
}

function FeedPost({ post, index }: { post: Post; index: number }) {
  const captionId = useId()
  return (
    <article aria-labelledby={captionId} data-post-id={post.id} className={styles.post}>
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
