import { createServerClient, serializeCookieHeader } from '@supabase/ssr'
import type { SupabaseAccess } from 'onecount/react/supabase'
import WebSocket from 'ws'
import { AUTH_TIMEOUT_MS } from './access'
import { cookiesOf, type Head, signInCookie } from './cookies'

interface Change {
  name: string
  /** Empty: the cookie is taken away. */
  value: string
  /** The `Set-Cookie` header. */
  header: string
}

/**
 * A client for the person who sends this request, on the server alone. It reads the sign-in from the request's cookies;
 * `changes` has what the answer has to set.
 * @param timeoutMs of all its calls together
 */
export function authClient(access: SupabaseAccess, request: Head, timeoutMs = AUTH_TIMEOUT_MS) {
  const changes: Change[] = []
  const cookie = signInCookie(request)
  // All requests of one client together: it repeats by itself what did not come through.
  const signal = AbortSignal.timeout(timeoutMs)
  const client = createServerClient(access.url, access.key, {
    cookieOptions: cookie,
    cookies: {
      // What the person is called is in the access token.
      encode: 'tokens-only',
      getAll: () => cookiesOf(request),
      setAll(cookies) {
        // For sign-ins that come back by a link, which there are none of.
        for (const { name, value, options } of cookies)
          if (!name.endsWith('-code-verifier'))
            changes.push({ name, value, header: serializeCookieHeader(name, value, options) })
      },
    },
    global: { fetch: (input, init) => fetch(input, { ...init, signal }) },
    realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket },
  })
  return { auth: client.auth, changes }
}

/** What a call of the client answers, or undefined where it does not within the time that Auth is waited for. */
export function inTime<T>(call: Promise<T>, timeoutMs = AUTH_TIMEOUT_MS): Promise<T | undefined> {
  let timer: NodeJS.Timeout
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), timeoutMs)
  })
  return Promise.race([call, late]).finally(() => clearTimeout(timer))
}
