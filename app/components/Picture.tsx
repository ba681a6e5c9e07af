import Link from 'next/link'
import type { PostContent } from '@/app/types'
import styles from './Picture.module.css'

interface PictureProps {
  post: PostContent
  /** On the first screen: fetched at once. Everything else waits until it comes near. */
  eager?: boolean
  /** The one most likely to be the largest on the first screen. */
  first?: boolean
  /** Without a link where the post is already open. */
  link?: boolean
}

/** A post's picture, 4:5, its place kept before it arrives. Leads to the post. */
export function Picture({ post, eager = false, first = false, link = true }: PictureProps) {
  const image = (
    // biome-ignore lint/performance/noImgElement: drawings of a few kilobytes, nothing to optimise
    <img
      src={post.imageUrl}
      alt={post.alt}
      lang="es"
      width={800}
      height={1000}
      loading={eager || first ? 'eager' : 'lazy'}
      decoding={first ? 'sync' : 'async'}
      fetchPriority={first ? 'high' : undefined}
      className={styles.image}
    />
  )
  if (!link) return <div className={styles.picture}>{image}</div>
  return (
    <Link href={`/post/${post.id}`} scroll={false} className={styles.picture}>
      {image}
    </Link>
  )
}
