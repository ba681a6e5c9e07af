import { isIPv4, isIPv6 } from 'node:net'
import type { RequestHead } from './request'

/** What limits count for where the address is not known: all such clients together. */
export const UNKNOWN_IP = 'unknown'

/** What {@link clientIp} needs to know beside the headers. */
export interface ClientIpOptions {
  /** Proxies in front that append to `X-Forwarded-For`. */
  proxyHops: number
  /**
   * The address of the connection.
   * @default not known
   */
  connectionIp?: string
}

/**
 * The address that limits count for, or null when it cannot be known.
 *
 * `X-Forwarded-For` is a list that each proxy appends the address of its caller to; everything left of what our own
 * proxies appended was written by the client and is not believed. So `proxyHops`, the number of proxies in front of
 * this server, says which entry counts, from the right. With 0 the header is ignored and the connection's address is
 * taken. A number too small makes everybody behind the outer proxy share one limit; a number too large lets clients
 * choose their address.
 *
 * An IPv6 customer holds a whole /64, so that is what counts as one address.
 * @example
 * clientIp(request.headers, { proxyHops: 1 }) // X-Forwarded-For: 203.0.113.9, 198.51.100.7 -> 198.51.100.7
 */
export function clientIp(
  headers: RequestHead['headers'],
  { proxyHops, connectionIp }: ClientIpOptions,
): string | null {
  const forwarded = proxyHops > 0 ? forwardedFor(headers) : []
  const ip = forwarded.length > 0 ? forwarded.at(-Math.min(proxyHops, forwarded.length)) : connectionIp
  return ip ? network(ip) : null
}

/** The entries of `X-Forwarded-For`, the client's own first. */
export function forwardedFor(headers: RequestHead['headers']): string[] {
  return (headers.get('x-forwarded-for') ?? '')
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
}

/** Whether an address, as {@link clientIp} writes it, is of a private network or of this machine: a proxy's. */
export function isPrivate(ip: string): boolean {
  return (
    /^(10|127)\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\./.test(ip) ||
    /^(0:0:0:0|f[cd]..:.*|fe[89ab].:.*)::\/64$/.test(ip)
  )
}

/** Some proxies add the port, some write IPv4 in IPv6 clothes: one client must have one name. */
function network(entry: string): string {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(entry)?.[1] ?? entry
  const v4 = /^(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/.exec(bare)?.[1]
  if (v4 && isIPv4(v4)) return v4
  const address = bare.split('%')[0]!.toLowerCase()
  if (!isIPv6(address)) return bare.slice(0, 64)
  const groups = groupsOf(address)
  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff) {
    return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.')
  }
  const prefix = groups.slice(0, 4).map(group => group.toString(16))
  return `${prefix.join(':')}::/64`
}

/** The eight numbers of a valid IPv6 address, its last two also where they are written as IPv4. */
function groupsOf(address: string): number[] {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [256 * a + Number(b), 256 * c + Number(d)].map(group => group.toString(16)).join(':'),
  )
  const [left, right] = hex
    .split('::')
    .map(half => (half === '' ? [] : half.split(':').map(group => Number.parseInt(group, 16)))) as [
    number[],
    number[]?,
  ]
  if (!right) return left
  return [...left, ...Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right]
}
