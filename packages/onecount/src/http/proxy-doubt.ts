import { type ClientIpOptions, clientIp, forwardedFor, isPrivate } from './client-ip'
import type { RequestHead } from './request'

/**
 * What seems wrong with the number of proxies, by one request as it arrived, or null. An address of a private network
 * that hands on another's request is a proxy: with a number too small, all visitors share its limits.
 * @example
 * const doubt = doubtProxyHops(request.headers, { proxyHops: 0, connectionIp: '10.0.0.7' })
 * if (doubt) console.warn(doubt)
 */
export function doubtProxyHops(
  headers: RequestHead['headers'],
  { proxyHops, connectionIp }: ClientIpOptions,
): string | null {
  const ip = clientIp(headers, { proxyHops, connectionIp })
  if (ip === null || !isPrivate(ip) || forwardedFor(headers).length <= proxyHops) return null
  // Without the address, which a client may choose: each would be a warning of its own, and health is public.
  return `ONECOUNT_PROXY_HOPS is ${proxyHops}, and X-Forwarded-For comes from a private address, which seems to be a proxy: set it to the number of proxies in front, or visitors share one limit by address`
}
