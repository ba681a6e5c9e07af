import { describe, expect, it } from 'vitest'
import { clientIp, isPrivate } from './client-ip'

const forwarded = (list: string) => new Headers({ 'x-forwarded-for': list })
const connectionIp = '192.0.2.1'

describe('the address of a client', () => {
  it('is the one of the connection when no proxy is in front, whatever the header says', () => {
    expect(clientIp(forwarded('198.51.100.7'), { proxyHops: 0, connectionIp })).toBe(connectionIp)
  })

  it('is the address that the last proxy appended, not one that the client wrote before it', () => {
    const headers = forwarded('6.6.6.6, 198.51.100.7')
    expect(clientIp(headers, { proxyHops: 1, connectionIp })).toBe('198.51.100.7')
    expect(clientIp(headers, { proxyHops: 2, connectionIp })).toBe('6.6.6.6')
    expect(clientIp(headers, { proxyHops: 9, connectionIp })).toBe('6.6.6.6')
  })

  it('is the one of the connection where the proxy sent no header', () => {
    expect(clientIp(new Headers(), { proxyHops: 1, connectionIp })).toBe(connectionIp)
    expect(clientIp(forwarded(' , '), { proxyHops: 1, connectionIp })).toBe(connectionIp)
  })

  it('is null without a header and without a connection', () => {
    expect(clientIp(new Headers(), { proxyHops: 1 })).toBeNull()
  })

  it.each([
    ['198.51.100.7:5312', '198.51.100.7'],
    ['::ffff:c633:6407', '198.51.100.7'],
    ['0:0:0:0:0:FFFF:198.51.100.7', '198.51.100.7'],
    ['[::ffff:198.51.100.7]:443', '198.51.100.7'],
    ['64:ff9b::198.51.100.7', '64:ff9b:0:0::/64'],
    ['999.1.1.1', '999.1.1.1'],
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

describe('an address of a private network', () => {
  it.each(['10.0.0.1', '172.31.0.1', '192.168.1.1', '127.0.0.1', '0:0:0:0::/64', 'fd00:1:2:3::/64'])(
    '%s is one',
    ip => expect(isPrivate(ip)).toBe(true),
  )
  it.each(['172.32.0.1', '198.51.100.7', '2001:db8:1:2::/64', 'unknown'])('%s is none', ip =>
    expect(isPrivate(ip)).toBe(false),
  )
})
