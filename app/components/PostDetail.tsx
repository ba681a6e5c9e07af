'use client'

import { useId } from 'react'
import type { Post, PostContent } from '@/app/types'
import { AuthorLine } from './AuthorLine'
import { LikeablePicture } from './LikeablePicture'
import { LikeControl } from './LikeControl'
import { MoreBy } from './MoreBy'
import { Picture } from './Picture'
import styles from './PostDetail.module.css'
import { OPEN_POST_CAPTION } from './PostModal'
import { PostSteps } from './PostSteps'
import { Since } from './Since'

interface PostDetailProps {
  post: Post
  /** Other posts of the same person. */
  more: PostContent[]
  /** Over another page: the heading is not the page's own, and going on to another post is one step back all the same. */
  inModal?: boolean
}

/** One post, large: in the modal and on its own page alike. */
export function PostDetail({ post, more, inModal = false }: PostDetailProps) {
  const ownId = useId()
  const captionId = inModal ? OPEN_POST_CAPTION : ownId
  const Heading = inModal ? 'h2' : 'h1'
  return (
    <article aria-labelledby={captionId} data-post-id={post.id} className={styles.post}>
      <LikeablePicture post={post}>
        <Picture post={post} first link={false} />
        {inModal && <PostSteps post={post} />}
      </LikeablePicture>
      <div className={styles.facts}>
        <AuthorLine author={post.author} />
        <p lang="es" className={styles.bio}>
          {post.author.bio}
        </p>
        <Heading id={captionId} lang="es" className={styles.caption}>
          {post.caption}
        </Heading>
        <Since iso={post.createdAt} className={styles.date} />
        <div className={styles.like}>
          <LikeControl post={post} look="large" />
        </div>
        {more.length > 0 && (
          <MoreBy author={post.author} posts={more} replace={inModal} heading={inModal ? 'h3' : 'h2'} />
        )}
      </div>
    </article>
  )
}
