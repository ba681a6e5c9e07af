import { OnecountError } from '../core/errors'
import type { RequestHead } from './request'

/**
 * Whether a page of another site sent this request. A cookie goes along with whatever a browser sends to this site,
 * so a write that another site's page caused must be refused.
 *
 * - `Sec-Fetch-Site`, which pages cannot forge, decides where a browser sends it.
 * - Else `Origin`, which every browser sends with PUT, POST and DELETE, must name this host (`Host`, or
 *   `X-Forwarded-Host` behind a proxy; no page can set either) and not fall back from HTTPS to HTTP.
 * - With neither, it is no browser, so no person's cookie was sent without their knowing: allowed.
 * - Origins in `trusted` (`https://app.example.com`) may always.
 *
 * The same order of checks as CrossOriginProtection of Go's net/http.
 */
export function isCrossSite(request: RequestHead, trusted: readonly string[] = []): boolean {
  const origin = request.headers.get('origin')
  if (isTrusted(origin, trusted)) return false
  const site = request.headers.get('sec-fetch-site')
  if (site) return site !== 'same-origin' && site !== 'none'
  return origin !== null && !namesThisHost(origin, request)
}

/** What lets pages of trusted origins, and no others, read the answers. */
export function corsHeaders(request: RequestHead, trusted: readonly string[]): Record<string, string> {
  const origin = request.headers.get('origin')
  if (trusted.length === 0) return {}
  if (!isTrusted(origin, trusted)) return { vary: 'Origin' }
  return {
    vary: 'Origin',
    'access-control-allow-origin': origin!,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET, PUT, DELETE',
    'access-control-allow-headers': 'Authorization, Content-Type',
    'access-control-expose-headers': 'Onecount-Redis, Onecount-Session, Onecount-Time, Retry-After',
    'access-control-max-age': '600',
  }
}

/**
 * Whether the browser reached this site over HTTPS, be it that a proxy ends it.
 * @example
 * const cookie = serializeSessionCookie(value, { secure: isSecure(request) })
 */
export function isSecure(request: RequestHead): boolean {
  const forwarded = first(request.headers.get('x-forwarded-proto'))
  return forwarded === null ? request.url.startsWith('https:') : forwarded === 'https'
}

/** A trusted origin as browsers write it; one site, never a pattern. @throws OnecountError `misconfigured` */
export function parseOrigin(text: string): string {
  const { origin, protocol, hostname } = URL.canParse(text) ? new URL(text) : NO_URL
  if ((protocol === 'https:' || protocol === 'http:') && !hostname.includes('*')) return origin
  throw new OnecountError('misconfigured', {
    field: 'ONECOUNT_TRUSTED_ORIGINS',
    detail: `ONECOUNT_TRUSTED_ORIGINS: "${text}" is not an origin: name each site, as https://app.example.com`,
  })
}

const NO_URL = { origin: '', protocol: '', hostname: '' }

function isTrusted(origin: string | null, trusted: readonly string[]): boolean {
  return origin !== null && trusted.includes(origin)
}

function namesThisHost(origin: string, request: RequestHead): boolean {
  if (!URL.canParse(origin)) return false
  const { host, protocol } = new URL(origin)
  const names = [request.headers.get('host'), first(request.headers.get('x-forwarded-host'))]
  return (
    names.some(name => name !== null && sameHost(name, host, protocol)) &&
    !(isSecure(request) && protocol === 'http:')
  )
}

/** An origin leaves out the port that its scheme implies; a Host header may have it. */
function sameHost(name: string, host: string, protocol: string): boolean {
  const url = `${protocol}//${name}`
  return URL.canParse(url) && new URL(url).host === host
}

function first(list: string | null): string | null {
  return list?.split(',')[0]?.trim() || null
}
