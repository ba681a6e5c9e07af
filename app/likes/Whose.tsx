import { type Person, shortEmail } from '@/app/utils/sign-in/person'
import styles from './Whose.module.css'

/** Whose likes the page shows, and the way in or out. */
export function Whose({ person, canSignIn }: { person: Person | null; canSignIn: boolean }) {
  if (!person)
    return (
      <>
        <p>Seen by you alone, in this browser.</p>
        {canSignIn && (
          <p className={styles.invitation}>
            <a href="/sign-in?next=/likes" className={styles.act}>
              Sign in
            </a>{' '}
            <span>to have them in every browser.</span>
          </p>
        )}
      </>
    )
  return (
    <span className={styles.person}>
      <span>
        Seen by you alone. Signed in{person.email && ' as '}
        {person.email && <b className={styles.email}>{shortEmail(person.email)}</b>}.
      </span>
      <form method="post" action="/api/sign-out">
        <button type="submit" className={styles.act}>
          Sign out
        </button>
      </form>
    </span>
  )
}
