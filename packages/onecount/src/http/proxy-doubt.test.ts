import { describe, expect, it } from 'vitest'
import { doubtProxyHops } from './proxy-doubt'

const doubt = (forwarded: string | null, proxyHops: number, connectionIp: string) =>
  doubtProxyHops(new Headers(forwarded ? { 'x-forwarded-for': forwarded } : {}), { proxyHops, connectionIp })

describe('the number of proxies', () => {
  it('is doubted when a private address hands on requests and none is trusted', () => {
    expect(doubt('198.51.100.7', 0, '::ffff:10.0.0.2')).toMatch(/^ONECOUNT_PROXY_HOPS is 0, .* 10\.0\.0\.2/)
  })

  it('is doubted when the address that it leads to is private and another one stands before it', () => {
    expect(doubt('198.51.100.7, 10.0.0.9', 1, '10.0.0.2')).toMatch(/10\.0\.0\.9/)
    expect(doubt('198.51.100.7, 10.0.0.9', 2, '10.0.0.2')).toBeNull()
  })

  it('is not doubted because of what a client invents, nor without the header', () => {
    expect(doubt('10.0.0.1', 0, '198.51.100.7')).toBeNull()
    expect(doubt(null, 0, '127.0.0.1')).toBeNull()
    expect(doubt('127.0.0.1', 1, '127.0.0.1')).toBeNull()
  })
})
