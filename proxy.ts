import { type NextRequest, NextResponse } from 'next/server'
import { isSecure, openSession, serializeSessionCookie, withSessionCookie } from 'onecount/http'
import { sessionSecret } from '@/app/utils/onecount/session'

/**
 * Gives a visitor without a valid session cookie a new session, for the browser to keep and for this very request:
 * already the first render reads the likes of the session that the first press will write. Touches no store.
 */
export function proxy(request: NextRequest): NextResponse {
  if (!isDocument(request)) return NextResponse.next()
  const cookies = request.headers.get('cookie')
  const { value, origin } = openSession(cookies, sessionSecret())
  if (origin === 'current') return NextResponse.next()

  const headers = new Headers(request.headers)
  headers.set('cookie', withSessionCookie(cookies, value))
  const response = NextResponse.next({ request: { headers } })
  response.headers.append('set-cookie', serializeSessionCookie(value, { secure: isSecure(request) }))
  return response
}

/**
 * A page that somebody opens. Anything else must not set the cookie: a browser leaves it out of frames and forms of
 * other sites, and a new one would replace the one that it keeps; of several prefetches at once each would set its own.
 */
function isDocument(request: NextRequest): boolean {
  const destination = request.headers.get('sec-fetch-dest')
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    (destination === null || destination === 'document')
  )
}

export const config = {
  matcher: [
    '/((?!api/|_next/|.*\\.(?:avif|css|gif|ico|jpe?g|js|json|map|png|svg|txt|webmanifest|webp|woff2?|xml)$).*)',
  ],
}
