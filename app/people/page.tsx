import type { Metadata } from 'next'
import Link from 'next/link'
import { connection } from 'next/server'
import { Avatar } from '@/app/components/AuthorLine'
import { MoreLink } from '@/app/components/MoreLink'
import { PageHead } from '@/app/components/PageHead'
import { getPeople, parseUsername } from '@/app/utils/cached-profiles'
import styles from './page.module.css'

interface Props {
  searchParams: Promise<{ after?: string | string[] }>
}

/** The first HTML carries the people, for readers without JavaScript too: nothing streams in later. */
export const instant = false

export const metadata: Metadata = { title: 'People', description: 'Everybody who posts pictures here.' }

export default async function PeoplePage({ searchParams }: Props) {
  await connection()
  const { people, next } = await getPeople(parseUsername((await searchParams).after))
  return (
    <div className={styles.page}>
      <PageHead title="People">Everybody who posts pictures here.</PageHead>
      <ul className={styles.people} id="pictures" tabIndex={-1}>
        {people.map(author => (
          <li key={author.username}>
            <Link href={`/profile/${author.username}`} className={styles.person}>
              <Avatar author={author} size={56} />
              <span className={styles.about}>
                <b className={styles.name}>{author.displayName}</b>
                <span lang="es" className={styles.bio}>
                  {author.bio}
                </span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {next && <MoreLink href={`/people?after=${next}`}>More people</MoreLink>}
    </div>
  )
}
