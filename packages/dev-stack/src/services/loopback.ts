import { isIP } from 'node:net'

/** Whether a host, as it stands in an address, is this machine and no other can reach it. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$/g, '')
  if (isIP(host) === 4) return host.startsWith('127.')
  if (isIP(host) === 6)
    return host === '::1' || host.startsWith('::ffff:7f') || host.startsWith('::ffff:127.')
  return host === 'localhost' || host.endsWith('.localhost')
}
