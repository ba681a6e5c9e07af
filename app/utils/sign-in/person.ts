import { AuthInvalidJwtError, isAuthApiError, isAuthSessionMissingError } from '@supabase/supabase-js'
import { authAccess } from './access'
import { type Head, storedSignIn } from './cookies'
import { tokenVerifier } from './verifier'

export interface Person {
  /** The `id` of `auth.users`. */
  id: string
  /** Null where the person has none, as with a phone number. */
  email: string | null
}

/** It cannot be said now who sends a request: never the same as "not signed in". */
export class SignInUnavailable extends Error {
  override readonly name = 'SignInUnavailable'
}

/**
 * The signed-in person who sends a request; null: none. By the signature of the access token, without a request to Auth
 * once its keys are known. The proxy has refreshed the token before, where it was about to end.
 *
 * @throws SignInUnavailable
 */
export async function personOf(request: Head): Promise<Person | null> {
  const access = authAccess()
  const stored = access && storedSignIn(request)
  if (!stored) return null
  if (stored.expiresAt <= Date.now())
    throw new SignInUnavailable('the access token has ended and could not be refreshed')
  const { data, error } = await tokenVerifier(access).getClaims(stored.accessToken)
  if (error) {
    if (isRefused(error)) return null
    throw new SignInUnavailable(`Auth cannot be asked: ${error.message}`, { cause: error })
  }
  const { sub, email, is_anonymous } = data?.claims ?? {}
  if (!sub || is_anonymous) return null
  return { id: sub, email: email || null }
}

/** A token that Auth has not signed, and one of a person or a sign-in that is gone. */
const isRefused = (error: unknown): boolean =>
  error instanceof AuthInvalidJwtError ||
  isAuthSessionMissingError(error) ||
  (isAuthApiError(error) && (error.status === 403 || error.status === 404))

/** An e-mail address that its owner recognizes and a person looking over a shoulder does not learn. */
export function shortEmail(email: string): string {
  const at = email.lastIndexOf('@')
  return `${email.slice(0, Math.min(2, Math.max(1, at - 1)))}…${email.slice(at)}`
}
