import { isIPv6 } from 'node:net'

/**
 * The address that limits count for, or null when it cannot be known (then no limit by address applies).
 *
 * `X-Forwarded-For` is a list that each proxy appends the address of its caller to; everything left of what our own
 * proxies appended was written by the client and is not believed. So `proxyHops`, the number of proxies in front of
 * this server, says which entry counts, from the right. With 0 the header is ignored and the connection's address is
 * taken. A number too small makes everybody behind the outer proxy share one limit; a number too large lets clients
 * choose their address.
 *
 * An IPv6 customer holds a whole /64, so that is what counts as one address.
 */
export function clientIp(
  headers: Headers,
  { proxyHops, connectionIp }: { proxyHops: number; connectionIp?: string },
): string | null {
  const forwarded = (headers.get('x-forwarded-for') ?? '')
    .split(',')
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
  const ip =
    proxyHops > 0 && forwarded.length > 0
      ? forwarded.at(-Math.min(proxyHops, forwarded.length))
      : connectionIp
  return ip ? network(ip) : null
}

/** Some proxies add the port, some write IPv4 in IPv6 clothes: one client must have one name. */
function network(entry: string): string {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(entry)?.[1] ?? entry
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/i.exec(bare)?.[1]
  if (v4) return v4
  const address = bare.split('%')[0]!.toLowerCase()
  return isIPv6(address) ? prefix64(address) : bare.slice(0, 64)
}

function prefix64(address: string): string {
  const [left, right] = address.split('::').map(half => (half === '' ? [] : half.split(':'))) as [
    string[],
    string[]?,
  ]
  const groups = right
    ? [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
    : left
  const network = groups.slice(0, 4).map(group => group.replace(/^0+(?=.)/, ''))
  return `${network.join(':')}::/64`
}
