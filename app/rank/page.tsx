import type { Metadata } from 'next'
import { connection } from 'next/server'
import { PageHead } from '@/app/components/PageHead'
import { RankGrid } from '@/app/components/RankGrid'
import { getRanking } from '@/app/utils/ranked-posts'
import styles from './page.module.css'

/** The first HTML carries the pictures and their counts, for readers without JavaScript too: nothing streams in later. */
export const instant = false

export const metadata: Metadata = {
  title: 'Rank',
  description: 'The most liked pictures, ordered by their likes as they are now.',
}

export default function RankPage() {
  return (
    <div className={styles.rank}>
      <PageHead title="Most liked">
        In the order of this moment. Cards keep their places while you are at them.
      </PageHead>
      <Ranked />
    </div>
  )
}

async function Ranked() {
  await connection()
  const { posts, known } = await getRanking()
  return (
    <>
      {!known && (
        <p className={styles.unknown}>
          The order is not known right now: these are the newest pictures. Reload to try again.
        </p>
      )}
      <RankGrid posts={posts} />
    </>
  )
}
