import { createHash } from 'node:crypto'
import type { NextRequest } from 'next/server'
import { SECURE_SESSION_COOKIE, SESSION_COOKIE } from 'onecount/http'
import { cookieOf, type Head, storedSignIn } from './cookies'

/** Says whose hearts a page shows: the service worker keeps the pages of one alone. */
const WHOSE = 'huella-whose'
/** `no`: the page names a person, and is not kept. */
const KEEP = 'huella-keep'
/** Pages that name the person who is signed in. */
const NAMING = /^\/likes$/

/** Tells the service worker of the browser what it may keep of a page (`public/service-worker.js`). */
export function markKept(request: NextRequest, response: Response): void {
  const whose = whoseIs(request)
  if (whose === undefined) return
  response.headers.set(WHOSE, createHash('sha256').update(whose).digest('base64url').slice(0, 12))
  if (storedSignIn(request) && NAMING.test(request.nextUrl.pathname)) response.headers.set(KEEP, 'no')
}

/** Not verified: a browser that lies deceives itself alone. */
function whoseIs(request: Head): string | undefined {
  const [, claims] = storedSignIn(request)?.accessToken.split('.') ?? []
  if (claims === undefined)
    return cookieOf(request, SECURE_SESSION_COOKIE) ?? cookieOf(request, SESSION_COOKIE)
  try {
    return String((JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub?: unknown }).sub)
  } catch {
    return claims
  }
}
