import {
  type AuthError,
  isAuthApiError,
  isAuthRetryableFetchError,
  isAuthWeakPasswordError,
} from '@supabase/supabase-js'
import type { SupabaseAccess } from 'onecount/react/supabase'
import { FORM_TIMEOUT_MS } from './access'
import { authClient, inTime } from './client'
import type { Head } from './cookies'

export interface Typed {
  email: string
  password: string
  /** Whether the person asks for a new account. */
  isNew: boolean
}

/** Why a person is not signed in. `/sign-in` has the words. */
export const PROBLEMS = [
  'email',
  'short',
  'weak',
  'long',
  'credentials',
  'exists',
  'unconfirmed',
  'confirm',
  'closed',
  'wait',
  'unavailable',
  'insecure',
] as const
export type Problem = (typeof PROBLEMS)[number]

/** Of an account that is made here; Auth may ask for more. */
export const MIN_PASSWORD_LENGTH = 8
/** Bytes that Auth looks at: it would ignore what follows. */
const MAX_PASSWORD_BYTES = 72
const MAX_EMAIL_LENGTH = 254
/** An unknown e-mail is answered sooner than a wrong password: both wait until then, milliseconds. */
const REFUSAL_MS = 600

/** What can be said of an e-mail and a password before Auth is asked; null: nothing. */
export function problemOf({ email, password, isNew }: Typed): Problem | null {
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) || email.length > MAX_EMAIL_LENGTH) return 'email'
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return isNew ? 'long' : 'credentials'
  if (isNew) return password.length < MIN_PASSWORD_LENGTH ? 'short' : null
  return password === '' ? 'credentials' : null
}

/** Signs a person in, or up and in: the id of the person and the cookies to set, or what is in the way. Never throws. */
export async function authenticate(
  access: SupabaseAccess,
  request: Head,
  { email, password, isNew }: Typed,
): Promise<{ personId: string; cookies: string[] } | { problem: Problem }> {
  const settled = new Promise(resolve => setTimeout(resolve, REFUSAL_MS))
  const { auth, changes } = authClient(access, request, FORM_TIMEOUT_MS)
  const asked = isNew ? auth.signUp({ email, password }) : auth.signInWithPassword({ email, password })
  const answer = await inTime(
    asked.catch(() => undefined),
    FORM_TIMEOUT_MS,
  )
  if (answer?.data.session && answer.data.user)
    return { personId: answer.data.user.id, cookies: changes.map(({ header }) => header) }
  await settled
  if (!answer) return { problem: 'unavailable' }
  // A new account without a session: Auth has sent an e-mail first, or says so of an account that is there already.
  return { problem: answer.error ? problemFrom(answer.error) : 'confirm' }
}

const BY_CODE: Record<string, Problem> = {
  invalid_credentials: 'credentials',
  user_banned: 'credentials',
  email_not_confirmed: 'unconfirmed',
  user_already_exists: 'exists',
  email_exists: 'exists',
  email_address_invalid: 'email',
  email_address_not_authorized: 'email',
  validation_failed: 'email',
  signup_disabled: 'closed',
  email_provider_disabled: 'closed',
  over_request_rate_limit: 'wait',
  over_email_send_rate_limit: 'wait',
}

function problemFrom(error: AuthError): Problem {
  if (isAuthWeakPasswordError(error)) return 'weak'
  const known = BY_CODE[error.code ?? '']
  if (known) return known
  if (isAuthApiError(error) && error.status === 429) return 'wait'
  if (!isAuthRetryableFetchError(error)) console.error(`[huella] signing in: ${error.code}: ${error.message}`)
  return 'unavailable'
}
