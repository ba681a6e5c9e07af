'use client'

import { useId } from 'react'
import type { Post } from '@/app/types'
import { LikeControl } from './LikeControl'
import { largeTiles } from './large-tiles'
import { Picture } from './Picture'
import styles from './PictureWall.module.css'

/** Pictures edge to edge, each with its heart over it. */
export function PictureWall({ posts }: { posts: Post[] }) {
  const large = { phone: largeTiles(posts.length, 2), desktop: largeTiles(posts.length, 4) }
  return (
    <div className={styles.wall} id="pictures" tabIndex={-1}>
      {posts.map((post, index) => (
        <Tile
          key={post.id}
          post={post}
          index={index}
          large={`${index < large.phone ? 'phone' : ''} ${index < large.desktop ? 'desktop' : ''}`.trim()}
        />
      ))}
    </div>
  )
}

function Tile({ post, index, large }: { post: Post; index: number; large: string }) {
  const captionId = useId()
  return (
    <article
      aria-labelledby={captionId}
      data-post-id={post.id}
      data-large={large || undefined}
      className={styles.tile}
    >
      <Picture post={post} first={index === 0} eager={index < 8} />
      <div className={styles.over}>
        <LikeControl post={post} look="over" />
      </div>
      <h2 id={captionId} lang="es" className="visually-hidden">
        {post.caption}
      </h2>
    </article>
  )
}
