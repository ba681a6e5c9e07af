import { isOpenedPage as isOpened } from '../http/opened-page'

/** Written by the server hook where a request is not a page that a person opens; no client can send it there. */
export const NO_SESSION_HEADER = 'onecount-no-session'

const FLIGHT_HEADERS = ['rsc', 'next-router-prefetch', 'next-router-segment-prefetch', 'next-action']

/**
 * Whether Next's router asks, in the background: for the data of a navigation or of a prefetch. Next takes these marks
 * out of a request before its proxy sees it.
 */
export function isFlightRequest(url: string, has: (header: string) => boolean): boolean {
  return FLIGHT_HEADERS.some(has) || /[?&]_rsc(=|&|$)/.test(url) || /\.rsc($|\?)/.test(url)
}

/** Whether a person opens a page, of those requests that may be answered by a page of Next. */
export const isOpenedPage = (request: Pick<Request, 'method' | 'headers' | 'url'>): boolean =>
  isOpened(request) &&
  !request.headers.has(NO_SESSION_HEADER) &&
  !isFlightRequest(request.url, name => request.headers.has(name))
