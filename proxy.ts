import { randomBytes } from 'node:crypto'
import { type NextRequest, NextResponse } from 'next/server'
import { hasOps } from '@/app/ops/access'
import { contentSecurityPolicy, type FrameAncestors } from '@/app/utils/content-security-policy'
import { asOpened, isFramedHere } from '@/app/utils/framed-page'
import { onecount } from '@/app/utils/onecount'

/** Gives a page its security policy, and a visitor a session with which already the first render is made. */
export const proxy = (request: NextRequest): Response =>
  isFramedHere(request) ? openInFrame(asOpened(request)) : open(request)

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

/** Where it is not set up, the page of operators is an address like any other that leads nowhere, with status 404. */
const isMissing = ({ nextUrl }: NextRequest): boolean => nextUrl.pathname === '/ops' && !hasOps()

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
