import type { Metadata } from 'next'
import { headers } from 'next/headers'
import Link from 'next/link'
import { connection } from 'next/server'
import { MoreLink } from '@/app/components/MoreLink'
import { PageHead } from '@/app/components/PageHead'
import { PictureWall } from '@/app/components/PictureWall'
import { StatePanel } from '@/app/components/StatePanel'
import { getLikedPosts } from '@/app/utils/liked-posts'
import { authAccess } from '@/app/utils/sign-in/access'
import { told, waitingLikes } from '@/app/utils/sign-in/keep-likes'
import { HOME, nextPath } from '@/app/utils/sign-in/next-path'
import { personOf } from '@/app/utils/sign-in/person'
import { KeepLikes } from './KeepLikes'
import { Outcome } from './Outcome'
import styles from './page.module.css'
import { Whose } from './Whose'

interface Props {
  searchParams: Promise<{ after?: string | string[]; next?: string; outcome?: string }>
}

export const metadata: Metadata = {
  title: 'My likes',
  description: 'The pictures that you like.',
  robots: { index: false },
}

/** The first HTML carries the pictures and their counts, for readers without JavaScript too: nothing streams in later. */
export const instant = false

export default async function LikesPage({ searchParams }: Props) {
  await connection()
  const { after, next: goingTo, outcome } = await searchParams
  const head = { headers: await headers() }
  // Where it cannot be told who is here, the likes cannot be read either, and the page says so.
  const person = await personOf(head).catch(() => null)
  const [{ posts, next, known }, waiting] = await Promise.all([
    getLikedPosts(typeof after === 'string' ? after : null),
    person && waitingLikes(head, person.id).catch(() => null),
  ])
  const then = goingTo === undefined ? HOME : nextPath(goingTo)
  const kept = outcome === 'kept' ? told(head) : null
  return (
    <div className={styles.likes}>
      <div className={styles.head}>
        <PageHead title="My likes">
          <Whose person={person} canSignIn={known && authAccess() !== null} />
        </PageHead>
      </div>
      {person && (kept || outcome === 'failed') && <Outcome kept={kept} next={then} />}
      {person && waiting && (
        <KeepLikes
          count={waiting.postIds.length}
          isMore={waiting.isMore}
          next={then}
          inPlaceOfPictures={posts.length === 0}
        />
      )}
      {!known && (
        <StatePanel kind="error" title="Your likes cannot be read right now" inPlaceOfPictures>
          <p>They are safe. Reload the page in a moment.</p>
        </StatePanel>
      )}
      {known && posts.length === 0 && !waiting && (
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
