'use client'

import Link from 'next/link'
import { useLikeCounts } from 'onecount/react/summary'
import { useId, useRef } from 'react'
import type { Post } from '@/app/types'
import { LikeControl } from './LikeControl'
import { Picture } from './Picture'
import styles from './RankGrid.module.css'
import { rankOrder } from './rank-order'
import { StatePanel } from './StatePanel'
import { useGlide } from './use-glide'
import { useHold } from './use-hold'

interface RankGridProps {
  /** Seeds, in the order of the moment when the page was made. */
  posts: Post[]
}

/**
 * The most liked posts, ordered by their likes as they are now. Nothing moves under a pointer or a keyboard's focus:
 * cards glide to their new places once it has left.
 */
export function RankGrid({ posts }: RankGridProps) {
  const grid = useRef<HTMLOListElement>(null)
  const counts = useLikeCounts(posts.map(({ id, likes }) => ({ id, count: likes })))
  const held = useHold(grid)
  const order = useGlide(grid, rankOrder(posts, counts), held)
  const byId = new Map(posts.map(post => [post.id, post]))

  if (posts.length === 0) {
    return (
      <StatePanel kind="empty" title="No ranking yet">
        <p>As soon as there are pictures, the most liked ones will be here.</p>
      </StatePanel>
    )
  }
  return (
    <ol ref={grid} className={styles.grid} id="pictures" tabIndex={-1}>
      {order.map((id, index) => (
        <li key={id} data-glide={id}>
          <RankCard post={byId.get(id)!} place={index + 1} />
        </li>
      ))}
    </ol>
  )
}

function RankCard({ post, place }: { post: Post; place: number }) {
  const captionId = useId()
  return (
    <article aria-labelledby={captionId} data-post-id={post.id} className={styles.card}>
      <Picture post={post} first={place === 1} eager={place <= 10} />
      <div className={styles.facts}>
        <span className={styles.place} data-podium={place <= 3 || undefined}>
          <span className="visually-hidden">Place </span>
          {place}
        </span>
        <LikeControl post={post} look="card" />
      </div>
      <h2 id={captionId} lang="es" className={styles.caption} title={post.caption}>
        {post.caption}
      </h2>
      <Link href={`/profile/${post.author.username}`} className={styles.author}>
        {post.author.displayName}
      </Link>
    </article>
  )
}
