import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { WallSkeleton } from '@/app/components/skeletons'
import { getProfile, getProfileWithRedisLikes } from '@/app/utils/cached-profiles'
import { ProfileHead, ProfileWall, Total } from './ProfileWall'
import styles from './ProfileWall.module.css'

interface Props {
  params: Promise<{ username: string }>
}

/** Whether there is such a person decides the status of the answer, so it is known before anything is sent. */
export const instant = false

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { username } = await params
  const profile = await getProfile(username)
  if (!profile) return { title: 'Nobody of that name' }
  return { title: `${profile.author.displayName} (@${username})`, description: profile.author.bio }
}

export default async function ProfilePage({ params }: Props) {
  await connection()
  const { username } = await params
  const profile = await getProfile(username)
  if (!profile) notFound()
  return (
    <Suspense fallback={<Loading author={profile.author} />}>
      <Wall username={username} />
    </Suspense>
  )
}

async function Wall({ username }: { username: string }) {
  const profile = await getProfileWithRedisLikes(username)
  if (!profile) notFound()
  return <ProfileWall {...profile} />
}

const Loading = ({ author }: Pick<Parameters<typeof ProfileHead>[0], 'author'>) => (
  <>
    <ProfileHead
      author={author}
      totals={
        <>
          <Total label="pictures">&nbsp;</Total>
          <Total label="likes">&nbsp;</Total>
        </>
      }
    />
    <WallSkeleton className={styles.wall} />
  </>
)
