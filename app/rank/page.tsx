import type { Metadata } from 'next'
import { connection } from 'next/server'
import { PageHead } from '@/app/components/PageHead'
import { RankGrid } from '@/app/components/RankGrid'
import { StatePanel } from '@/app/components/StatePanel'
import { formatRankCursor, parseRankCursor } from '@/app/utils/rank-cursor'
import { getRankPage } from '@/app/utils/ranked-posts'
import styles from './page.module.css'

interface Props {
  searchParams: Promise<{ after?: string | string[] }>
}

/** The first HTML carries the pictures and their counts, for readers without JavaScript too: nothing streams in later. */
export const instant = false

export const metadata: Metadata = {
  title: 'Rank',
  description: 'The most liked pictures, ordered by their likes as they are now.',
}

export default function RankPage({ searchParams }: Props) {
  return (
    <div className={styles.rank}>
      <PageHead title="Most liked">
        In the order of this moment. Cards keep their places while you are at them.
      </PageHead>
      <Ranked searchParams={searchParams} />
    </div>
  )
}

async function Ranked({ searchParams }: Props) {
  await connection()
  const { after } = await searchParams
  const cursor = parseRankCursor(after)
  const first = await getRankPage(cursor)
  if (first.posts.length === 0) {
    return (
      <StatePanel kind="empty" title="No ranking yet">
        <p>As soon as there are pictures, the most liked ones will be here.</p>
      </StatePanel>
    )
  }
  return (
    <>
      {!first.known && (
        <p className={styles.unknown}>
          The order is not known right now: these are the newest pictures. Reload to try again.
        </p>
      )}
      {/* Made anew with its first page: what was appended to another one is not what follows it. */}
      <RankGrid
        key={`${first.before} ${first.next}`}
        first={first}
        after={cursor && formatRankCursor(cursor)}
      />
    </>
  )
}
