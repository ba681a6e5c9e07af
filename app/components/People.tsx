import Link from 'next/link'
import type { Author } from '@/app/types'
import { Avatar } from './AuthorLine'
import { LinkHint } from './LinkHint'
import styles from './People.module.css'

/** Everybody who posts here: a column beside the feed, on a phone a row to swipe through above it. */
export function People({ authors }: { authors: Author[] }) {
  return (
    <section aria-labelledby="people">
      <h2 id="people" className={styles.title}>
        People
      </h2>
      <ul className={styles.people}>
        {authors.map(author => (
          <li key={author.username}>
            <Link href={`/profile/${author.username}`} className={styles.person}>
              <Avatar author={author} size={56} />
              <Name of={author} />
              <LinkHint />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Where there is little room the first name does. */
function Name({ of: { displayName } }: { of: Author }) {
  const [first, ...rest] = displayName.split(' ')
  return (
    <span className={styles.name}>
      {first}
      <span className={styles.rest}> {rest.join(' ')}</span>
    </span>
  )
}
