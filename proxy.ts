import { randomBytes } from 'node:crypto'
import { type NextRequest, NextResponse } from 'next/server'
import { isSecure, openSession, serializeSessionCookie, withSessionCookie } from 'onecount/http'
import { contentSecurityPolicy } from '@/app/utils/content-security-policy'
import { visitorIp } from '@/app/utils/onecount/address'
import { isOpenedPage } from '@/app/utils/onecount/documents'
import { getLimiter } from '@/app/utils/onecount/limiter'
import { sessionSecret } from '@/app/utils/onecount/session'

/**
 * Gives a page its security policy, and a visitor without a valid session cookie a new session, for the browser to keep
 * and for this very request: already the first render reads the likes of the session that the first press will write.
 * Waits for no store.
 */
export function proxy(request: NextRequest): NextResponse {
  const headers = new Headers(request.headers)
  const policy = contentSecurityPolicy(randomBytes(16).toString('base64'))
  headers.set('content-security-policy', policy)
  const session = sessionToSet(request)
  if (session) headers.set('cookie', withSessionCookie(headers.get('cookie'), session))

  const response = NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  if (session) {
    response.headers.append('set-cookie', serializeSessionCookie(session, { secure: isSecure(request) }))
    response.headers.set('cache-control', 'private, no-store')
  }
  return response
}

/**
 * The cookie's new value where this answer has to set it. An address that has made too many sessions gets the page
 * without one: counts are shown, and the first press asks for one again.
 */
function sessionToSet(request: NextRequest): string | null {
  if (!isOpenedPage(request)) return null
  const { value, origin } = openSession(request.headers.get('cookie'), sessionSecret(), {
    secure: isSecure(request),
  })
  if (origin === 'current') return null
  if (origin === 'new' && getLimiter().take({ new: visitorIp(request.headers) })) return null
  return value
}

export const config = {
  matcher: [
    {
      source:
        '/((?!api(?:/|$)|_next/|.*\\.(?:avif|css|gif|ico|jpe?g|js|json|map|png|svg|txt|webmanifest|webp|woff2?|xml)$).*)',
      // Answers to Next's router: a shared cache may keep some of them, and none of them is a page.
      missing: [
        { type: 'header', key: 'rsc' },
        { type: 'header', key: 'next-router-prefetch' },
        { type: 'header', key: 'next-router-segment-prefetch' },
      ],
    },
  ],
}
