import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { WallSkeleton } from '@/app/components/skeletons'
import { findProfile, getProfileWithRedisLikes } from '@/app/utils/cached-profiles'
import { ProfileHead, ProfileWall, Total } from './ProfileWall'
import styles from './ProfileWall.module.css'

interface Props {
  params: Promise<{ username: string }>
}

/**
 * Whether there is such a person decides the status of the answer: nothing is sent before it is known, not even the
 * frame of the page. The option is not stable yet; without it an unknown person is a page that says so with status 200.
 */
export const instant = false
export const unstable_paramMatching = { username: 'blocking' }

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { username } = await params
  const profile = await findProfile(username)
  if (!profile) return { title: 'Nobody of that name' }
  return { title: `${profile.author.displayName} (@${username})`, description: profile.author.bio }
}

export default async function ProfilePage({ params }: Props) {
  const profile = await findProfile((await params).username)
  if (!profile) notFound()
  return (
    <Suspense fallback={<Loading author={profile.author} />}>
      <Wall username={profile.author.username} />
    </Suspense>
  )
}

async function Wall({ username }: { username: string }) {
  await connection()
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
