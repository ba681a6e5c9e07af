import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { connection } from 'next/server'
import { Avatar } from '@/app/components/AuthorLine'
import { StatePanel } from '@/app/components/StatePanel'
import type { Author } from '@/app/types'
import { findProfile, getProfileWithRedisLikes } from '@/app/utils/cached-profiles'
import { parseCursor } from '@/app/utils/feed-cursor'
import { ProfileWall } from './ProfileWall'
import styles from './ProfileWall.module.css'

interface Props {
  params: Promise<{ username: string }>
  searchParams: Promise<{ before?: string | string[] }>
}

/**
 * Whether there is such a person decides the status of the answer, and the first HTML carries pictures and counts for
 * readers without JavaScript: nothing is sent before both are known, not even the frame of the page. The option is not stable yet; without it an unknown person is a page that says so with status 200.
 */
export const instant = false
export const unstable_paramMatching = { username: 'blocking' }

export async function generateMetadata({ params }: Pick<Props, 'params'>): Promise<Metadata> {
  const { username } = await params
  const profile = await findProfile(username)
  if (!profile) return { title: 'Nobody of that name' }
  return { title: `${profile.author.displayName} (@${username})`, description: profile.author.bio }
}

export default async function ProfilePage({ params, searchParams }: Props) {
  const profile = await findProfile((await params).username)
  if (!profile) notFound()
  return <Wall username={profile.author.username} searchParams={searchParams} />
}

async function Wall({ username, searchParams }: { username: string } & Pick<Props, 'searchParams'>) {
  await connection()
  const first = await getProfileWithRedisLikes(username, parseCursor((await searchParams).before))
  if (!first) notFound()
  // Where the first page ends elsewhere, what was appended to it would leave a gap.
  return (
    <>
      <ProfileWall key={String(first.next)} first={first}>
        <Person author={first.author} />
      </ProfileWall>
      {first.posts.length === 0 && (
        <StatePanel kind="empty" title="Nothing on the wall yet">
          <p>{first.author.displayName} has not posted a picture so far.</p>
        </StatePanel>
      )}
    </>
  )
}

const Person = ({ author }: { author: Author }) => (
  <>
    <Avatar author={author} size={112} />
    <div className={styles.who}>
      <h1 className={styles.name}>{author.displayName}</h1>
      <p className={styles.username}>@{author.username}</p>
      {author.bio && (
        <p lang="es" className={styles.bio}>
          {author.bio}
        </p>
      )}
    </div>
  </>
)
