import { clientIp, UNKNOWN_IP } from '../http/client-ip'
import { parseProxyHops } from '../http/proxy-hops'
import type { Env } from './config'

/** The connection's address, written by the server hook; what a client sends under this name is overwritten. */
export const CONNECTION_HEADER = 'onecount-connection-ip'

const HOOKED = Symbol.for('onecount.server-hook')
const shared = globalThis as { [HOOKED]?: boolean }

/** Whether the server of this process writes {@link CONNECTION_HEADER}. */
export const isHooked = (): boolean => shared[HOOKED] === true
export function setHooked(): void {
  shared[HOOKED] = true
}

/** @throws OnecountError `misconfigured` */
export const proxyHops = (env: Env): number => parseProxyHops(env.ONECOUNT_PROXY_HOPS)

/** The connection's address, or undefined where Next runs in a server that does not tell it. */
export function connectionIp(headers: Headers): string | undefined {
  return isHooked() ? (headers.get(CONNECTION_HEADER) ?? undefined) : undefined
}

/** What limits by address count for. @throws OnecountError `misconfigured` */
export function visitorIp(headers: Headers, env: Env): string {
  return clientIp(headers, { proxyHops: proxyHops(env), connectionIp: connectionIp(headers) }) ?? UNKNOWN_IP
}
