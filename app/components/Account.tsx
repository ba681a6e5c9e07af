import { headers } from 'next/headers'
import { authAccess } from '@/app/utils/sign-in/access'
import { storedSignIn } from '@/app/utils/sign-in/cookies'
import styles from './Account.module.css'
import { PersonIcon } from './icons'

/**
 * The way to sign in, and whether a person is signed in. It names none: pages are kept for when there is no network.
 * Links are whole navigations, which no router has prepared.
 */
export async function Account() {
  const head = { headers: await headers() }
  if (!authAccess()) return null
  const isSignedIn = storedSignIn(head) !== null
  return (
    <a
      href={isSignedIn ? '/likes' : '/sign-in'}
      className={styles.account}
      data-signed-in={isSignedIn || undefined}
      aria-label={isSignedIn ? 'Signed in: my likes' : 'Sign in'}
    >
      <PersonIcon />
    </a>
  )
}
