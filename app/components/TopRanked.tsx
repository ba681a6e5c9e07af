import Link from 'next/link'
import type { PostContent } from '@/app/types'
import { ArrowIcon } from './icons'
import styles from './TopRanked.module.css'

/** The first places of the rank, as pictures: their counts are on the posts themselves. */
export function TopRanked({ posts }: { posts: PostContent[] }) {
  return (
    <section aria-labelledby="top-ranked">
      <h2 id="top-ranked" className={styles.title}>
        <Link href="/rank">
          Most liked <ArrowIcon />
        </Link>
      </h2>
      <ol>
        {posts.map((post, index) => (
          <li key={post.id}>
            <Link
              href={`/post/${post.id}`}
              scroll={false}
              className={styles.row}
              aria-label={`Place ${index + 1}, by ${post.author.displayName}`}
            >
              <span className={styles.place}>{index + 1}</span>
              {/* biome-ignore lint/performance/noImgElement: drawings of a few kilobytes, nothing to optimise */}
              <img src={post.imageUrl} alt="" width={48} height={60} className={styles.thumb} />
              <span className={styles.author}>{post.author.displayName}</span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  )
}
