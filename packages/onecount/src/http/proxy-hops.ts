import { misconfigured } from './misconfigured'

/** `ONECOUNT_PROXY_HOPS`: proxies in front, 0 when it is empty. @throws OnecountError `misconfigured` */
export function parseProxyHops(setting: string | undefined): number {
  const text = setting || '0'
  if (/^\d$/.test(text)) return Number(text)
  throw misconfigured('ONECOUNT_PROXY_HOPS', 'ONECOUNT_PROXY_HOPS is the number of proxies in front: 0 to 9')
}
