import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cookieOf, createTestServer, FOX, refusal, SECRET, someone } from '../../test/support/http-server'
import { OnecountError } from '../core/errors'
import { createHandler } from './handler'
import { parseLimits } from './limits'

const { current, restart, api, like, close } = createTestServer()
beforeEach(() => restart())
afterEach(close)

describe('too many requests', () => {
  it('of a session are 429 with the time to wait, and other sessions go on', async () => {
    await restart({ limits: parseLimits('session=2/60s') })
    const headers = someone()
    for (let i = 0; i < 2; i++) expect((await like({ headers })).status).toBe(200)
    const refused = await like({ headers })
    expect(await refusal(refused)).toMatchObject({
      status: 429,
      code: 'too_many_requests',
      message: expect.stringContaining('session'),
    })
    expect(refused.headers.get('retry-after')).toBe('30')
    expect((await like({ headers: someone() })).status).toBe(200)
    expect(current.service.calls).toHaveLength(3)
    expect(current.logged).toEqual([])
  })

  it.each<[string, () => Promise<Response>, string]>([
    ['presses', () => like(), 'ip=2/60s'],
    ['presses with a bad token', () => like({ headers: { authorization: 'Bearer bad' } }), 'ip=2/60s'],
    ['presses that another session made', () => like({ body: '{"madeBy":"x"}' }), 'ip=2/60s'],
    ['reads', () => api(`/likes?ids=${FOX}`), 'read=2/60s'],
    ['lists of its own', () => api('/likes?by=me'), 'read=2/60s'],
  ])('from an address ask the application no more who sends them: %s', async (_, request, limits) => {
    let asked = 0
    const session = ({ headers }: Request) => {
      asked++
      if (headers.has('authorization')) throw new OnecountError('invalid_token')
      return 'ana'
    }
    await restart({ limits: parseLimits(limits), session })
    Object.assign(current.service, { likedBy: async () => ({ likes: [], next: null }) })
    const statuses = []
    for (let i = 0; i < 6; i++) statuses.push((await request()).status)
    expect(statuses.slice(2)).toEqual([429, 429, 429, 429])
    expect(asked).toBe(2)
  })

  it('from an address are 429, a new session for each or not', async () => {
    await restart({ limits: parseLimits('ip=2/60s') })
    expect([await like(), await like(), await like({ headers: someone() })].map(r => r.status)).toEqual([
      200, 200, 429,
    ])
  })

  it('of a visitor who leaves the cookie out are 429: new sessions of an address are limited', async () => {
    await restart({ limits: parseLimits('new=2/60s,ip=off') })
    const first = await like()
    expect((await like()).status).toBe(200)
    const refused = await like()
    expect(await refusal(refused)).toMatchObject({
      status: 429,
      message: expect.stringContaining('limit: new'),
    })
    expect(refused.headers.getSetCookie()).toEqual([])
    expect(refused.headers.get('retry-after')).toBe('30')
    expect((await like({ headers: { cookie: cookieOf(first) } })).status, 'one who has a session').toBe(200)
    expect((await like({ headers: { cookie: 'onecount_session=forged' } })).status).toBe(429)
  })

  it('of new visitors leave reading open, without a session', async () => {
    await restart({ limits: parseLimits('new=1/60s') })
    await like()
    const response = await api(`/likes?ids=${FOX}`)
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual([])
    expect((await response.json()).likes[FOX]).toMatchObject({ count: 12, liked: null })
  })

  it('count an IPv6 network of 64 bits as one, and IPv4 in IPv6 clothes as IPv4', async () => {
    const from = async (ip: string) => (await like({ headers: { 'x-forwarded-for': ip } })).status
    await restart({ limits: parseLimits('new=1/60s'), proxyHops: 1 })
    expect([
      await from('2001:db8::1'),
      await from('2001:db8::ffff:2'),
      await from('2001:db8:0:1::1'),
    ]).toEqual([200, 429, 200])
    expect([await from('198.51.100.7'), await from('::ffff:c633:6407')]).toEqual([200, 429])
  })

  it('of clients whose address is not known share one limit, twenty times as large', async () => {
    const handler = createHandler({
      service: current.service,
      secret: SECRET,
      limits: parseLimits('new=1/60s'),
    })
    const url = `http://site.example/api/likes/${FOX}`
    const statuses: number[] = []
    for (let i = 0; i < 21; i++) statuses.push((await handler(new Request(url, { method: 'PUT' }))).status)
    expect(statuses).toEqual([...Array(20).fill(200), 429])
  })

  it('cannot be passed off as from another address, unless a proxy in front says so', async () => {
    const from = (ip: string) => like({ headers: { 'x-forwarded-for': ip } })
    await restart({ limits: parseLimits('ip=1/60s') })
    expect([(await from('198.51.100.1')).status, (await from('198.51.100.2')).status]).toEqual([200, 429])
    await restart({ limits: parseLimits('ip=1/60s'), proxyHops: 1 })
    expect([(await from('198.51.100.1')).status, (await from('198.51.100.2')).status]).toEqual([200, 200])
    expect((await from('6.6.6.6, 198.51.100.2')).status).toBe(429)
  })

  it('on a post are 429, and other posts go on', async () => {
    await restart({ limits: parseLimits('post=1/60s') })
    expect([await like(), await like(), await like({}, FOX)].map(r => r.status)).toEqual([200, 429, 200])
  })

  it('for reading are 429, and writing and health go on', async () => {
    await restart({ limits: parseLimits('read=1/60s') })
    const read = () => api(`/likes?ids=${FOX}`)
    expect([await read(), await read(), await like(), await api('/health')].map(r => r.status)).toEqual([
      200, 429, 200, 200,
    ])
  })

  it('do not count requests that were refused for another reason', async () => {
    await restart({ limits: parseLimits('ip=1/60s') })
    await like({}, 'x')
    await like({ body: '{' })
    await like({ headers: { origin: 'https://evil.example' } })
    expect((await like()).status).toBe(200)
  })
})
