import type { Metadata } from 'next'
import Link from 'next/link'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { PostDetail } from '@/app/components/PostDetail'
import { StatePanel } from '@/app/components/StatePanel'
import { PostSkeleton } from '@/app/components/skeletons'
import { findPost, postMetadata, withLikes } from '@/app/post/[id]/post'

interface Props {
  params: Promise<{ id: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return postMetadata((await params).id)
}

/** A post that is opened from a page of this site: over that page, which stays as it is. */
export default function PostOverPage({ params }: Props) {
  return (
    <Suspense fallback={<PostSkeleton />}>
      <Detail params={params} />
    </Suspense>
  )
}

async function Detail({ params }: Props) {
  await connection()
  const found = await findPost((await params).id)
  if (found) return <PostDetail {...(await withLikes(found))} inModal />
  return (
    <StatePanel kind="missing" title="This picture is not here">
      <p>It was taken down in the meantime.</p>
      <Link href="/">See the latest ones</Link>
    </StatePanel>
  )
}
