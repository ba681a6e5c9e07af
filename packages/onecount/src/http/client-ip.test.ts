import { describe, expect, it } from 'vitest'
import { clientIp } from './client-ip'

const forwarded = (list: string) => new Headers({ 'x-forwarded-for': list })
const connectionIp = '192.0.2.1'

describe('the address of a client', () => {
  it('is the one of the connection when no proxy is in front, whatever the header says', () => {
    expect(clientIp(forwarded('198.51.100.7'), { proxyHops: 0, connectionIp })).toBe(connectionIp)
  })

  it('is what the last proxy appended, not what the client wrote before it', () => {
    const headers = forwarded('6.6.6.6, 198.51.100.7')
    expect(clientIp(headers, { proxyHops: 1, connectionIp })).toBe('198.51.100.7')
    expect(clientIp(headers, { proxyHops: 2, connectionIp })).toBe('6.6.6.6')
    expect(clientIp(headers, { proxyHops: 9, connectionIp })).toBe('6.6.6.6')
  })

  it('is the one of the connection where the proxy sent no header', () => {
    expect(clientIp(new Headers(), { proxyHops: 1, connectionIp })).toBe(connectionIp)
    expect(clientIp(forwarded(' , '), { proxyHops: 1, connectionIp })).toBe(connectionIp)
  })

  it('is null when nobody knows it', () => {
    expect(clientIp(new Headers(), { proxyHops: 1 })).toBeNull()
  })

  it.each([
    ['198.51.100.7:5312', '198.51.100.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['[2001:DB8:0001:0002::9]:443', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s is counted as %s', (entry, name) => {
    expect(clientIp(forwarded(entry), { proxyHops: 1 })).toBe(name)
  })
})
