import { OnecountError } from 'onecount'
import { clientIp, UNKNOWN_IP } from 'onecount/http'

/** The connection's address, written by the server hook; what a client sends under this name is overwritten. */
export const CONNECTION_HEADER = 'onecount-connection-ip'

const HOOKED = Symbol.for('onecount.server-hook')
const shared = globalThis as { [HOOKED]?: boolean }

/** Whether the server of this process writes {@link CONNECTION_HEADER}. */
export const isHooked = (): boolean => shared[HOOKED] === true
export function setHooked(): void {
  shared[HOOKED] = true
}

/** `ONECOUNT_PROXY_HOPS`: proxies in front, 0 when it is empty. @throws OnecountError `misconfigured` */
export function proxyHops(text = process.env.ONECOUNT_PROXY_HOPS || '0'): number {
  if (/^\d$/.test(text)) return Number(text)
  throw new OnecountError('misconfigured', {
    field: 'ONECOUNT_PROXY_HOPS',
    detail: 'ONECOUNT_PROXY_HOPS is the number of proxies in front: 0 to 9',
  })
}

/** The connection's address, or undefined where Next runs in a server that does not tell it. */
export function connectionIp(headers: Headers): string | undefined {
  return isHooked() ? (headers.get(CONNECTION_HEADER) ?? undefined) : undefined
}

/** What limits by address count for. @throws OnecountError `misconfigured` */
export function visitorIp(headers: Headers): string {
  return clientIp(headers, { proxyHops: proxyHops(), connectionIp: connectionIp(headers) }) ?? UNKNOWN_IP
}
