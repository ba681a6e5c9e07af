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

/** Whether there is such a post decides the status of the answer, so it is known before anything is sent. */
export const instant = false

/**
 * No post is known while the application is built. With an id that no post can have, every other one is rendered when
 * it is first asked for, with its own status: 404 where there is no post.
 */
export const generateStaticParams = () => [{ id: '_' }]

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
