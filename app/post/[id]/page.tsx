import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { PostDetail } from '@/app/components/PostDetail'
import { PostSkeleton } from '@/app/components/skeletons'
import { getPostWithRedisLikes } from '@/app/utils/cached-posts'
import styles from './page.module.css'
import { findPost, postMetadata } from './post'

interface Props {
  params: Promise<{ id: string }>
}

/** Whether there is such a post decides the status of the answer, so it is known before anything is sent. */
export const instant = false

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return postMetadata((await params).id)
}

export default async function PostPage({ params }: Props) {
  await connection()
  const { id } = await params
  const content = await findPost(id)
  if (!content) notFound()
  return (
    <div className={styles.page}>
      <Suspense fallback={<PostSkeleton />}>
        <Detail id={content.id} />
      </Suspense>
    </div>
  )
}

async function Detail({ id }: { id: string }) {
  const post = await getPostWithRedisLikes(id)
  if (!post) notFound()
  return <PostDetail post={post} heading="h1" />
}
