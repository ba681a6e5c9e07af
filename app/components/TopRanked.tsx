'use client'

import Link from 'next/link'
import { useLikeHandler } from '@/app/hooks/useLikeHandler'
import type { Post } from '@/app/types'
import { Count } from './Count'
import { ArrowIcon } from './icons'
import styles from './TopRanked.module.css'

/** The first places of the rank with their numbers, which move as everywhere. Their order is that of the page's moment. */
export function TopRanked({ posts }: { posts: Post[] }) {
  return (
    <section aria-labelledby="top-ranked">
      <h2 id="top-ranked" className={styles.title}>
        <Link href="/rank">
          Most liked <ArrowIcon />
        </Link>
      </h2>
      <ol>
        {posts.map((post, index) => (
          <li key={post.id} data-post-id={post.id}>
            <Row post={post} place={index + 1} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function Row({ post, place }: { post: Post; place: number }) {
  const { count, status, knownAt, watch } = useLikeHandler(post)
  return (
    <Link href={`/post/${post.id}`} scroll={false} className={styles.row} ref={watch}>
      <span className={styles.place}>
        <span className="visually-hidden">Place </span>
        {place}
      </span>
      {/* biome-ignore lint/performance/noImgElement: drawings of a few kilobytes, nothing to optimise */}
      <img src={post.imageUrl} alt={post.alt} lang="es" width={48} height={60} className={styles.thumb} />
      <span className={styles.author}>
        <span className="visually-hidden">, by </span>
        {post.author.displayName}
      </span>
      <span className={styles.likes}>
        <Count value={count} status={status} knownAt={knownAt} />
      </span>
    </Link>
  )
}
