import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { findProfile, getProfileWithRedisLikes } from '@/app/utils/cached-profiles'
import { ProfileWall } from './ProfileWall'

interface Props {
  params: Promise<{ username: string }>
}

/**
 * Whether there is such a person decides the status of the answer, and the first HTML carries pictures and counts for
 * readers without JavaScript: nothing is sent before both are known, not even the frame of the page. The option is not stable yet; without it an unknown person is a page that says so with status 200.
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
  return <Wall username={profile.author.username} />
}

async function Wall({ username }: { username: string }) {
  await connection()
  const profile = await getProfileWithRedisLikes(username)
  if (!profile) notFound()
  return <ProfileWall {...profile} />
}
