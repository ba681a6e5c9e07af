import { NextRequest } from 'next/server'

/** Pages that `/demo` shows on its two phones. */
const FRAMED = /^\/post\/[^/]+$/

/**
 * Whether a page of this site has this one in a frame, as `/demo` does. No page can set these headers; a browser that
 * does not send them gets the policy that refuses every frame.
 */
export function isFramedHere({ nextUrl, headers }: Pick<NextRequest, 'nextUrl' | 'headers'>): boolean {
  return (
    FRAMED.test(nextUrl.pathname) &&
    headers.get('sec-fetch-dest') === 'iframe' &&
    headers.get('sec-fetch-site') === 'same-origin'
  )
}

/**
 * The same request, as if a person had opened the page in a tab: a frame with cookies of its own then gets a session with
 * its first render. Frames of other sites never come here: a browser leaves the cookie out of theirs.
 */
export function asOpened(request: NextRequest): NextRequest {
  const headers = new Headers(request.headers)
  headers.set('sec-fetch-dest', 'document')
  return new NextRequest(request, { headers })
}
