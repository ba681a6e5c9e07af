import Link from 'next/link'
import type { Author } from '@/app/types'
import type { PeoplePage } from '@/app/utils/cached-profiles'
import { Avatar } from './AuthorLine'
import { ArrowIcon } from './icons'
import { LinkHint } from './LinkHint'
import styles from './People.module.css'

/** Who posts here: a column beside the feed, on a phone a row to swipe through above it. */
export function People({ people, next }: PeoplePage) {
  return (
    <section aria-labelledby="people">
      <h2 id="people" className={styles.title}>
        People
      </h2>
      <ul className={styles.people}>
        {people.map(author => (
          <li key={author.username}>
            <Person author={author} />
          </li>
        ))}
        {next && (
          <li>
            <Link href="/people" className={styles.person}>
              <span className={styles.all}>
                <ArrowIcon />
              </span>
              <span className={styles.name}>Everybody</span>
            </Link>
          </li>
        )}
      </ul>
    </section>
  )
}

const Person = ({ author }: { author: Author }) => (
  <Link href={`/profile/${author.username}`} className={styles.person}>
    <Avatar author={author} size={56} />
    <Name of={author} />
    <LinkHint />
  </Link>
)

/** Where there is little room the first name does. */
function Name({ of: { displayName } }: { of: Author }) {
  const [first, ...rest] = displayName.split(' ')
  return (
    <span className={styles.name}>
      {first}
      <span className={styles.rest}>{` ${rest.join(' ')}`}</span>
    </span>
  )
}
