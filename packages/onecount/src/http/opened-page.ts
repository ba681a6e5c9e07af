import type { RequestHead } from './request'

const PREFETCH_HEADERS = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']

/**
 * Whether a person opens a page. Anything else must not set the cookie: a shared cache may keep the answer and give one
 * session to everybody; a browser leaves the cookie out of frames and forms of other sites, and a new one would replace
 * the one that it keeps; of several prefetches at once each would set its own.
 */
export function isOpenedPage({ method, headers }: Pick<RequestHead, 'method' | 'headers'>): boolean {
  const destination = headers.get('sec-fetch-dest')
  return (
    method === 'GET' &&
    (destination === null || destination === 'document') &&
    !PREFETCH_HEADERS.some(name => /prefetch|prerender|preview/i.test(headers.get(name) ?? ''))
  )
}
