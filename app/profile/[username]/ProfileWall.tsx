'use client'

import { useLikeCounts } from 'onecount/react/summary'
import { Avatar } from '@/app/components/AuthorLine'
import { formatCount } from '@/app/components/format'
import { PictureWall } from '@/app/components/PictureWall'
import { StatePanel } from '@/app/components/StatePanel'
import type { Author, Post } from '@/app/types'
import styles from './ProfileWall.module.css'

interface ProfileWallProps {
  author: Author
  posts: Post[]
}

/** A person's pictures, and what they add up to: the sum of the very counts on the wall. */
export function ProfileWall({ author, posts }: ProfileWallProps) {
  return (
    <>
      <ProfileHead author={author} totals={<Totals posts={posts} />} />
      {posts.length === 0 ? (
        <StatePanel kind="empty" title="Nothing on the wall yet">
          <p>{author.displayName} has not posted a picture so far.</p>
        </StatePanel>
      ) : (
        <PictureWall posts={posts} />
      )}
    </>
  )
}

function ProfileHead({ author, totals }: { author: Author; totals: React.ReactNode }) {
  return (
    <header className={styles.head}>
      <Avatar author={author} size={112} />
      <div className={styles.who}>
        <h1 className={styles.name}>{author.displayName}</h1>
        <p className={styles.username}>@{author.username}</p>
        {author.bio && (
          <p lang="es" className={styles.bio}>
            {author.bio}
          </p>
        )}
      </div>
      <dl className={styles.totals}>{totals}</dl>
    </header>
  )
}

function Totals({ posts }: { posts: Post[] }) {
  const counts = useLikeCounts(posts.map(({ id, likes }) => ({ id, count: likes })))
  const likes = sum([...counts.values()])
  return (
    <>
      <Total label={posts.length === 1 ? 'picture' : 'pictures'}>{formatCount(posts.length)}</Total>
      <Total label={likes === 1 ? 'like' : 'likes'}>
        <span data-total-likes title={likes === null ? 'Not known right now' : undefined}>
          {formatCount(likes)}
        </span>
      </Total>
    </>
  )
}

function Total({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className={styles.total}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** A sum with an unknown in it is unknown. */
const sum = (counts: (number | null)[]): number | null =>
  counts.reduce<number | null>((total, count) => (total === null || count === null ? null : total + count), 0)
