import type { Metadata } from 'next'
import Link from 'next/link'
import { connection } from 'next/server'
import { PageHead } from '@/app/components/PageHead'
import { StatePanel } from '@/app/components/StatePanel'
import { onecount } from '@/app/utils/onecount'
import { mergePostsWithCounts } from '@/app/utils/posts-with-counts'
import { RANK_PAGE } from '@/app/utils/rank-page'
import { isRedisConfigured } from '@/app/utils/redis/client'
import { supabaseAccess } from '@/app/utils/supabase-env'
import { viewerSession } from '@/app/utils/viewer'
import { Comparison } from './Comparison'
import styles from './page.module.css'
import { TwoPhones } from './phones/TwoPhones'
import { Section } from './Section'
import { readFaults, stackSocket } from './stack/control'
import { StackSwitches } from './stack/StackSwitches'
import { findDemoPost, readCopies } from './usual-way/copies'
import { readLiked } from './usual-way/likes'

/** The first HTML carries both sides with their counts: nothing streams in later. */
export const instant = false

export const metadata: Metadata = {
  title: 'One like, four pages',
  description: 'The same post with its likes cached the usual way, and with onecount.',
}

export default function DemoPage() {
  return (
    <div className={styles.demo}>
      <Demo />
    </div>
  )
}

async function Demo() {
  await connection()
  const content = await findDemoPost()
  const copies = content && (await readCopies(content.id))
  if (!content || !copies) return <NotHere />

  const sessionId = await viewerSession()
  const [[post], liked, place] = await Promise.all([
    mergePostsWithCounts([content], sessionId),
    readLiked(content.id, sessionId),
    placeOf(content.id),
  ])
  return (
    <>
      <PageHead title="One like, four pages">
        {'Four pages show '}
        <Link href={`/post/${content.id}`} scroll={false} lang="es" className={styles.caption}>
          {content.caption}
        </Link>
        . Press one heart on each side, then open the pages again.
      </PageHead>
      <Comparison
        copies={copies}
        liked={liked}
        post={post!}
        place={place}
        opened={Date.now()}
        access={supabaseAccess()}
        hasRedis={isRedisConfigured}
      />
      <TwoPhones postId={content.id} />
      <Switches />
    </>
  )
}

/** Its place on the first page of the rank; null where the order is not known or the post comes later. */
async function placeOf(postId: string): Promise<number | null> {
  const ids = await onecount
    .engine()
    .ranking(RANK_PAGE)
    .catch((): string[] => [])
  return ids.indexOf(postId) + 1 || null
}

/** In development alone. */
async function Switches() {
  const socket = stackSocket()
  const faults = socket && (await readFaults(socket).catch(() => []))
  if (!faults || faults.length === 0) return null
  return (
    <Section
      id="switches"
      title="Break something"
      text={
        'Switch one on, press a heart, switch it off: the like is there. This really breaks what runs on this machine, ' +
        'and is here in development alone.'
      }
    >
      <StackSwitches faults={faults} />
    </Section>
  )
}

const NotHere = () => (
  <StatePanel kind="missing" title="The demo is not set up here" heading="h1">
    <p>It needs two small tables of its own: apply supabase/demo.sql to this database.</p>
    <Link href="/">See the latest pictures</Link>
  </StatePanel>
)
