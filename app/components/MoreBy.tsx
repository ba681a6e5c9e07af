import Link from 'next/link'
import { useId } from 'react'
import type { Author, PostContent } from '@/app/types'
import styles from './MoreBy.module.css'

interface MoreByProps {
  author: Author
  posts: PostContent[]
  /** Takes the place of the post that is open instead of following it. */
  replace: boolean
  /** One level below that of the post. */
  heading: 'h2' | 'h3'
}

/** A few other pictures of the same person. */
export function MoreBy({ author, posts, replace, heading: Heading }: MoreByProps) {
  const titleId = useId()
  return (
    <section aria-labelledby={titleId} className={styles.more}>
      <Heading id={titleId} className={styles.title}>
        More by {author.displayName}
      </Heading>
      <ul className={styles.row}>
        {posts.map(post => (
          <li key={post.id}>
            <Link href={`/post/${post.id}`} scroll={false} replace={replace} className={styles.link}>
              {/* biome-ignore lint/performance/noImgElement: drawings of a few kilobytes, nothing to optimise */}
              <img src={post.imageUrl} alt={post.alt} lang="es" width={96} height={120} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
