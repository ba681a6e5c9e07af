/** Written by the server hook where a request is not a page that a person opens; no client can send it there. */
export const NO_SESSION_HEADER = 'onecount-no-session'

const FLIGHT_HEADERS = ['rsc', 'next-router-prefetch', 'next-router-segment-prefetch', 'next-action']
const PREFETCH_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']

/**
 * Whether Next's router asks, in the background: for the data of a navigation or of a prefetch. Next takes these marks
 * out of a request before its proxy sees it.
 */
export function isFlightRequest(url: string, has: (header: string) => boolean): boolean {
  return FLIGHT_HEADERS.some(has) || /[?&]_rsc(=|&|$)/.test(url) || /\.rsc($|\?)/.test(url)
}

/**
 * Whether a person opens a page. Anything else must not set the cookie: a shared cache may keep the answer and give one
 * session to everybody; a browser leaves the cookie out of frames and forms of other sites, and a new one would replace
 * the one that it keeps; of several prefetches at once each would set its own.
 */
export function isOpenedPage({ method, headers, url }: Pick<Request, 'method' | 'headers' | 'url'>): boolean {
  const destination = headers.get('sec-fetch-dest')
  return (
    method === 'GET' &&
    (destination === null || destination === 'document') &&
    !headers.has(NO_SESSION_HEADER) &&
    !isFlightRequest(url, name => headers.has(name)) &&
    !PREFETCH_HEADERS.some(name => /prefetch|prerender|preview/i.test(headers.get(name) ?? ''))
  )
}
