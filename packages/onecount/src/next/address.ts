import { clientIp, UNKNOWN_IP } from '../http/client-ip'
import { type Env, misconfigured } from './config'

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
export function proxyHops(env: Env): number {
  const text = env.ONECOUNT_PROXY_HOPS || '0'
  if (/^\d$/.test(text)) return Number(text)
  throw misconfigured('ONECOUNT_PROXY_HOPS', 'ONECOUNT_PROXY_HOPS is the number of proxies in front: 0 to 9')
}

/** The connection's address, or undefined where Next runs in a server that does not tell it. */
export function connectionIp(headers: Headers): string | undefined {
  return isHooked() ? (headers.get(CONNECTION_HEADER) ?? undefined) : undefined
}

/** What limits by address count for. @throws OnecountError `misconfigured` */
export function visitorIp(headers: Headers, env: Env): string {
  return clientIp(headers, { proxyHops: proxyHops(env), connectionIp: connectionIp(headers) }) ?? UNKNOWN_IP
}

/** Whether a path, with its query or without, is of the API. */
export const isBelow = (basePath: string, path: string): boolean =>
  path.startsWith(basePath) && /^([/?#]|$)/.test(path.slice(basePath.length))
