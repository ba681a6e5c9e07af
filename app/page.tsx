import type { Metadata } from 'next'
import { connection } from 'next/server'
import { CountsHealth } from './components/CountsHealth'
import { HomeFeed } from './components/HomeFeed'
import { People } from './components/People'
import { StatePanel } from './components/StatePanel'
import { TopRanked } from './components/TopRanked'
import styles from './page.module.css'
import { getPostsWithRedisLikes } from './utils/cached-posts'
import { getPeople } from './utils/cached-profiles'
import { parseCursor } from './utils/feed-cursor'
import { feedPage } from './utils/feed-page'
import { getRanking } from './utils/ranked-posts'

interface Props {
  searchParams: Promise<{ before?: string | string[] }>
}

/** The first HTML carries the pictures and their counts, for readers without JavaScript too: nothing streams in later. */
export const instant = false

/** People beside the feed; the others have a page. */
const SOME = 12

export const metadata: Metadata = { title: { absolute: 'Latest · huella' } }

export default function HomePage({ searchParams }: Props) {
  return (
    <div className={styles.home}>
      <h1 className="visually-hidden">Latest pictures</h1>
      <div className={styles.people}>
        <Everybody />
      </div>
      {/* Before the feed: what comes later in the document must not push it. */}
      <aside className={styles.side}>
        <Top />
      </aside>
      <div className={styles.feed} id="pictures" tabIndex={-1}>
        <Feed searchParams={searchParams} />
      </div>
    </div>
  )
}

async function Feed({ searchParams }: Props) {
  await connection()
  const { before } = await searchParams
  const page = feedPage(await getPostsWithRedisLikes(parseCursor(before)))
  if (page.posts.length === 0) {
    return (
      <StatePanel kind="empty" title="Nobody has passed by yet">
        <p>The first picture that somebody posts will be here.</p>
      </StatePanel>
    )
  }
  // Where the first page ends elsewhere, what was appended to it would leave a gap.
  return <HomeFeed key={String(page.next)} first={page} />
}

/** What stands beside the feed is left out where it cannot be had: the feed does not depend on it. */
async function Everybody() {
  await connection()
  const page = await getPeople(null, SOME).catch(() => null)
  return page && <People {...page} />
}

/** The first places beside the feed; on a phone, where they would only push it away, just the line about the numbers. */
async function Top() {
  await connection()
  const ranking = await getRanking(5).catch(() => null)
  return (
    <>
      {ranking?.known && (
        <div className={styles.top}>
          <TopRanked posts={ranking.posts} />
        </div>
      )}
      <CountsHealth />
    </>
  )
}
