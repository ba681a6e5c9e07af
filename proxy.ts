import { randomBytes } from 'node:crypto'
import { type NextRequest, NextResponse } from 'next/server'
import { hasOps } from '@/app/ops/access'
import { contentSecurityPolicy, type FrameAncestors } from '@/app/utils/content-security-policy'
import { asOpened, isFramedHere } from '@/app/utils/framed-page'
import { onecount } from '@/app/utils/onecount'
import { authAccess } from '@/app/utils/sign-in/access'
import { markKept } from '@/app/utils/sign-in/kept-pages'
import { needsRefresh, refreshSignIn } from '@/app/utils/sign-in/refresh'

/**
 * Gives a page its security policy, and a visitor a session with which already the first render is made. Of a person who
 * is signed in it sees every request, and refreshes the sign-in that is about to end: nothing behind it can set the
 * cookies of a page that is rendered.
 */
export const proxy = (request: NextRequest): Response | Promise<Response> =>
  needsRefresh(request) ? refreshed(request) : answer(request)

async function refreshed(request: NextRequest): Promise<Response> {
  const cookies = await refreshSignIn(request)
  const response = answer(request)
  for (const cookie of cookies) response.headers.append('set-cookie', cookie)
  if (cookies.length > 0) response.headers.set('cache-control', 'private, no-store')
  return response
}

function answer(request: NextRequest): Response {
  if (!isPage(request)) return NextResponse.next({ request: { headers: request.headers } })
  const response = isFramedHere(request) ? openInFrame(asOpened(request)) : open(request)
  markKept(request, response)
  return response
}

/** What Next's router asks for is data; what the service worker asks for, to keep it, is a page. */
function isPage({ nextUrl, headers }: NextRequest): boolean {
  const isAskedByScript = headers.get('sec-fetch-dest') === 'empty'
  const wantsHtml = headers.get('accept')?.includes('text/html') ?? false
  return !/^\/api(\/|$)/.test(nextUrl.pathname) && (wantsHtml || !isAskedByScript)
}

const open = onecount.withSession(request => withPolicy(request, "'none'"))

/** `X-Frame-Options` says what the policy says, which browsers of today read in its place. */
const openInFrame = onecount.withSession(request => {
  const response = withPolicy(request, "'self'")
  response.headers.set('x-frame-options', 'SAMEORIGIN')
  return response
})

function withPolicy(request: NextRequest, frameAncestors: FrameAncestors): NextResponse {
  const headers = new Headers(request.headers)
  const policy = contentSecurityPolicy(randomBytes(16).toString('base64'), frameAncestors)
  headers.set('content-security-policy', policy)

  const response = isMissing(request)
    ? NextResponse.rewrite(new URL('/not-here', request.url), { request: { headers } })
    : NextResponse.next({ request: { headers } })
  response.headers.set('content-security-policy', policy)
  return response
}

/** Where they are not set up, these pages are addresses like any other that lead nowhere, with status 404. */
const isMissing = ({ nextUrl: { pathname } }: NextRequest): boolean =>
  (pathname === '/ops' && !hasOps()) || (pathname === '/sign-in' && !authAccess())

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
    // Of a person who is signed in the proxy sees what their browser asks for behind a page too. The cookie has one name
    // over HTTPS and another one elsewhere, and is in parts where it is long.
    {
      source:
        '/((?!_next/|.*\\.(?:avif|css|gif|ico|jpe?g|js|json|map|png|svg|txt|webmanifest|webp|woff2?|xml)$).*)',
      has: [{ type: 'header', key: 'cookie', value: '.*huella-sign-in(\\.\\d)?=.*' }],
    },
  ],
}
