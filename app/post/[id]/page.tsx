import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { PostDetail } from '@/app/components/PostDetail'
import styles from './page.module.css'
import { type FoundPost, findPost, postMetadata, withLikes } from './post'

interface Props {
  params: Promise<{ id: string }>
}

/**
 * Whether there is such a post decides the status of the answer, and the first HTML carries its count for readers
 * without JavaScript: nothing is sent before both are known, not even the frame of the page. The option is not stable yet; without it an unknown post is a page that says so with status 200.
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
    <div className={styles.page} id="pictures" tabIndex={-1}>
      <Detail {...found} />
    </div>
  )
}

async function Detail(found: FoundPost) {
  await connection()
  return <PostDetail {...(await withLikes(found))} />
}
