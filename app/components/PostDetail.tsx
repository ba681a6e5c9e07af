'use client'

import { useId } from 'react'
import type { Post } from '@/app/types'
import { AuthorLine } from './AuthorLine'
import { formatDate } from './format'
import { LikeControl } from './LikeControl'
import { Picture } from './Picture'
import styles from './PostDetail.module.css'

/** One post, large: in the modal and on its own page alike. */
export function PostDetail({ post, heading: Heading = 'h2' }: { post: Post; heading?: 'h1' | 'h2' }) {
  const captionId = useId()
  return (
    <article aria-labelledby={captionId} data-post-id={post.id} className={styles.post}>
      <Picture post={post} first link={false} />
      <div className={styles.facts}>
        <AuthorLine author={post.author} />
        <Heading id={captionId} lang="es" className={styles.caption}>
          {post.caption}
        </Heading>
        <time dateTime={post.createdAt} className={styles.date}>
          {formatDate(post.createdAt)}
        </time>
        <div className={styles.like}>
          <LikeControl post={post} />
        </div>
      </div>
    </article>
  )
}
