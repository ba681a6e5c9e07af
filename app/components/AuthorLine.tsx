import Link from 'next/link'
import type { Author } from '@/app/types'
import styles from './AuthorLine.module.css'
import { LinkHint } from './LinkHint'
import { Since } from './Since'

interface AuthorLineProps {
  author: Author
  createdAt?: string
}

/** Who posted, and when. */
export function AuthorLine({ author, createdAt }: AuthorLineProps) {
  return (
    <div className={styles.line}>
      <Link href={`/profile/${author.username}`} className={styles.author}>
        <Avatar author={author} size={40} />
        <span className={styles.names}>
          <span className={styles.name}>{author.displayName}</span>
          <span className={styles.username}>@{author.username}</span>
        </span>
        <LinkHint />
      </Link>
      {createdAt && <Since iso={createdAt} className={styles.date} />}
    </div>
  )
}

/** Decoration: the name stands beside it. */
export function Avatar({ author, size }: { author: Author; size: number }) {
  return (
    // biome-ignore lint/performance/noImgElement: drawings of a few kilobytes, nothing to optimise
    <img src={author.avatarUrl} alt="" width={size} height={size} className={styles.avatar} />
  )
}
