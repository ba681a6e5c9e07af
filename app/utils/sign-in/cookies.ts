import { parseCookieHeader, serializeCookieHeader } from '@supabase/ssr'
import { isSecure } from 'onecount/http'

/** What is known of a request in proxy, route handlers and server components alike. */
export interface Head {
  headers: { get(name: string): string | null }
}

interface StoredSignIn {
  accessToken: string
  /** When the access token ends, milliseconds. */
  expiresAt: number
}

const NAME = 'huella-sign-in'
/** Over HTTPS: of this host alone, whatever other subdomains set. */
const SECURE_NAME = `__Host-${NAME}`
/** Written by `@supabase/ssr` before what it encodes. */
const BASE64 = 'base64-'

const isHttps = ({ headers }: Head): boolean => isSecure({ method: 'GET', url: '', headers })

/** Whether a password may travel: over HTTPS, or without leaving this machine. */
export function isPrivateConnection(request: Head): boolean {
  if (isHttps(request)) return true
  const host = request.headers.get('host') ?? ''
  return /^(localhost|[\w-]+\.localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(host)
}

/** For `@supabase/ssr`: no script of a page reads the cookie, and no other site sends it along with a form. */
export function signInCookie(request: Head) {
  const secure = isHttps(request)
  const name = secure ? SECURE_NAME : NAME
  return { name, path: '/', httpOnly: true, sameSite: 'lax', secure } as const
}

export const cookiesOf = ({ headers }: Head) =>
  parseCookieHeader(headers.get('cookie') ?? '').map(({ name, value = '' }) => ({ name, value }))

/** The value of a cookie of the application's own; undefined: there is none. */
export const cookieOf = (request: Head, name: string): string | undefined =>
  cookiesOf(request).find(cookie => cookie.name === name)?.value

/** A cookie that no script reads, for some seconds; 0 takes it away. */
export const shortCookie = (request: Head, name: string, value: string, seconds: number): string =>
  serializeCookieHeader(name, value, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isHttps(request),
    maxAge: seconds,
  })

/** What the browser holds of a sign-in. Not verified: `personOf` does that. */
export function storedSignIn(request: Head): StoredSignIn | null {
  const { name } = signInCookie(request)
  const cookies = new Map(cookiesOf(request).map(({ name, value }) => [name, value]))
  let value = cookies.get(name) ?? ''
  if (!value) for (let i = 0; cookies.has(`${name}.${i}`); i++) value += cookies.get(`${name}.${i}`)
  if (!value.startsWith(BASE64)) return null
  try {
    const { access_token, expires_at } = JSON.parse(
      Buffer.from(value.slice(BASE64.length), 'base64url').toString(),
    ) as { access_token?: unknown; expires_at?: unknown }
    if (typeof access_token !== 'string' || typeof expires_at !== 'number') return null
    return { accessToken: access_token, expiresAt: expires_at * 1000 }
  } catch {
    return null
  }
}

/** Cookies that take a sign-in away, whatever Auth says. */
export function noSignInCookies(request: Head): string[] {
  const { name, ...options } = signInCookie(request)
  return cookiesOf(request)
    .filter(cookie => cookie.name.replace(/\.\d$/, '') === name)
    .map(cookie => serializeCookieHeader(cookie.name, '', { ...options, maxAge: 0 }))
}
