import type { Metadata } from 'next'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { RankGrid } from '@/app/components/RankGrid'
import { RankSkeleton } from '@/app/components/skeletons'
import { getRanking } from '@/app/utils/ranked-posts'
import styles from './page.module.css'

export const metadata: Metadata = {
  title: 'Rank',
  description: 'The most liked pictures, ordered by their likes as they are now.',
}

export default function RankPage() {
  return (
    <div className={styles.rank}>
      <header className={styles.head}>
        <h1>Most liked</h1>
        <p>In the order of this moment. Cards keep their places while you are at them.</p>
      </header>
      <Suspense fallback={<RankSkeleton />}>
        <Ranked />
      </Suspense>
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
