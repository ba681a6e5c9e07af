import type { NextRequest } from 'next/server'
import { authAccess } from './access'
import { authClient, inTime } from './client'
import { cookiesOf, storedSignIn } from './cookies'

/** The client of Supabase takes a token that ends within this time for one that has ended, milliseconds. */
const MARGIN_MS = 90_000

/** Whether the request carries a sign-in whose access token ends soon. */
export function needsRefresh(request: NextRequest): boolean {
  const stored = authAccess() && storedSignIn(request)
  return stored !== null && stored.expiresAt - Date.now() < MARGIN_MS
}

/**
 * Refreshes the sign-in of a request, for what is rendered and for the browser: answers the `Set-Cookie` headers. One that
 * Auth has ended is taken away. Where Auth does not answer everything stays as it is.
 */
export async function refreshSignIn(request: NextRequest): Promise<string[]> {
  const access = authAccess()
  if (!access) return []
  const { auth, changes } = authClient(access, request)
  await inTime(auth.getSession())
  if (changes.length === 0) return []
  const changed = new Map(changes.map(({ name, value }) => [name, value]))
  const kept = cookiesOf(request).filter(({ name }) => !changed.has(name))
  const added = changes.filter(({ value }) => value !== '')
  request.headers.set(
    'cookie',
    [...kept, ...added].map(({ name, value }) => `${name}=${encodeURIComponent(value)}`).join('; '),
  )
  return changes.map(({ header }) => header)
}
