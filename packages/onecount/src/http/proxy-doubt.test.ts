import { describe, expect, it } from 'vitest'
import { doubtProxyHops } from './proxy-doubt'

const doubt = (forwarded: string | null, proxyHops: number, connectionIp: string) =>
  doubtProxyHops(new Headers(forwarded ? { 'x-forwarded-for': forwarded } : {}), { proxyHops, connectionIp })

describe('the number of proxies', () => {
  it('is doubted when a private address hands on requests and none is trusted', () => {
    expect(doubt('198.51.100.7', 0, '::ffff:10.0.0.2')).toMatch(
      /^ONECOUNT_PROXY_HOPS is 0, .* a private address/,
    )
  })

  it('is doubted when the address that it leads to is private and another one stands before it', () => {
    expect(doubt('198.51.100.7, 10.0.0.9', 1, '10.0.0.2')).toMatch(
      /^ONECOUNT_PROXY_HOPS is 1, .* a private address/,
    )
    expect(doubt('198.51.100.7, 10.0.0.9', 2, '10.0.0.2')).toBeNull()
  })

  it('is doubted in the same words whatever address a client writes, so that each server warns once', () => {
    const doubts = Array.from({ length: 50 }, (_, n) => doubt(`x, 10.9.${n}.7, 198.51.100.7`, 2, '10.0.0.2'))
    expect(new Set(doubts).size).toBe(1)
    expect(doubts[0]).toMatch(/^ONECOUNT_PROXY_HOPS is 2/)
  })

  it('is not doubted because of what a client invents, nor without the header', () => {
    expect(doubt('10.0.0.1', 0, '198.51.100.7')).toBeNull()
    expect(doubt(null, 0, '127.0.0.1')).toBeNull()
    expect(doubt('127.0.0.1', 1, '127.0.0.1')).toBeNull()
  })
})
