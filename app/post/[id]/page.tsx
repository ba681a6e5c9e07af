import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { PostDetail } from '@/app/components/PostDetail'
import { PostSkeleton } from '@/app/components/skeletons'
import styles from './page.module.css'
import { type FoundPost, findPost, postMetadata, withLikes } from './post'

interface Props {
  params: Promise<{ id: string }>
}

/**
 * Whether there is such a post decides the status of the answer: nothing is sent before it is known, not even the
 * frame of the page. The option is not stable yet; without it an unknown post is a page that says so with status 200.
 */
export const instant = false
export const unstable_paramMatching = { id: 'blocking' }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return postMetadata((await params).id)
}

export default async function PostPage({ params }: Props) {
  const found = await findPost((await params).id)
  if (!found) notFound()
  return (
    <div className={styles.page}>
      <Suspense fallback={<PostSkeleton />}>
        <Detail {...found} />
      </Suspense>
    </div>
  )
}

async function Detail(found: FoundPost) {
  await connection()
  return <PostDetail {...(await withLikes(found))} />
}
