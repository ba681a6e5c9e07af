import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { PostDetail } from '@/app/components/PostDetail'
import { PostSkeleton } from '@/app/components/skeletons'
import styles from './page.module.css'
import { findPost, getPostPage, postMetadata } from './post'

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
  if (!(await findPost(id))) notFound()
  return (
    <div className={styles.page}>
      <Suspense fallback={<PostSkeleton />}>
        <Detail id={id} />
      </Suspense>
    </div>
  )
}

async function Detail({ id }: { id: string }) {
  const found = await getPostPage(id)
  if (!found) notFound()
  return <PostDetail {...found} />
}
