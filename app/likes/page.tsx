import type { Metadata } from 'next'
import Link from 'next/link'
import { connection } from 'next/server'
import { MoreLink } from '@/app/components/MoreLink'
import { PageHead } from '@/app/components/PageHead'
import { PictureWall } from '@/app/components/PictureWall'
import { StatePanel } from '@/app/components/StatePanel'
import { getLikedPosts } from '@/app/utils/liked-posts'
import styles from './page.module.css'

interface Props {
  searchParams: Promise<{ after?: string | string[] }>
}

export const metadata: Metadata = {
  title: 'My likes',
  description: 'The pictures that this browser likes.',
  robots: { index: false },
}

/** The first HTML carries the pictures and their counts, for readers without JavaScript too: nothing streams in later. */
export const instant = false

export default async function LikesPage({ searchParams }: Props) {
  await connection()
  const { after } = await searchParams
  const { posts, next, known } = await getLikedPosts(typeof after === 'string' ? after : null)
  return (
    <div className={styles.likes}>
      <div className={styles.head}>
        <PageHead title="My likes">Seen by you alone, in this browser.</PageHead>
      </div>
      {!known && (
        <StatePanel kind="error" title="Your likes cannot be read right now" inPlaceOfPictures>
          <p>They are safe. Reload the page in a moment.</p>
        </StatePanel>
      )}
      {known && posts.length === 0 && (
        <StatePanel kind="empty" title="No hearts yet" inPlaceOfPictures>
          <p>What you like will be here.</p>
          <Link href="/">See the latest pictures</Link>
        </StatePanel>
      )}
      {posts.length > 0 && <PictureWall pages={[posts]} />}
      {next && (
        <div className={styles.more}>
          <MoreLink href={`/likes?after=${next}`}>More of my likes</MoreLink>
        </div>
      )}
    </div>
  )
}
