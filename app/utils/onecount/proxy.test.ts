import { unstable_doesMiddlewareMatch } from 'next/experimental/testing/server'
import { NextRequest } from 'next/server'
import { createSession, readSession } from 'onecount/http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { config, proxy } from '@/proxy'

const SECRET = 'a-secret-for-tests-that-is-long-enough'

beforeEach(() => vi.stubEnv('ONECOUNT_SECRET', SECRET))
afterEach(() => vi.unstubAllEnvs())

const open = (headers: Record<string, string> = {}, url = 'http://site.example/rank', method = 'GET') =>
  proxy(new NextRequest(url, { method, headers }))

/** The `Cookie` header that the page is rendered with, when the proxy changed it. */
const handedOn = (response: Response) => response.headers.get('x-middleware-request-cookie')

describe('opening a page', () => {
  it.each<[string, Record<string, string>]>([
    ['without a cookie', {}],
    ['with a forged one', { cookie: `onecount_session=${'a'.repeat(22)}.${'b'.repeat(43)}` }],
    ['with a malformed one', { cookie: 'onecount_session=%%%' }],
  ])('%s sets a new session, and renders with the same', (_, headers) => {
    const response = open(headers)
    const cookie = response.headers.getSetCookie()[0]!.split(';')[0]!
    const sessionId = readSession(cookie, SECRET)
    expect(sessionId).not.toBeNull()
    expect(readSession(handedOn(response), SECRET)).toBe(sessionId)
  })

  it('keeps the other cookies and headers of the request', () => {
    const response = open({ cookie: 'theme=dark; onecount_session=x', 'accept-language': 'es' })
    expect(handedOn(response)).toMatch(/^theme=dark; onecount_session=[^x]/)
    expect(response.headers.get('x-middleware-request-accept-language')).toBe('es')
  })

  it('with a valid session changes nothing', () => {
    const response = open({ cookie: `onecount_session=${createSession(SECRET).value}` })
    expect(response.headers.getSetCookie()).toEqual([])
    expect(handedOn(response)).toBeNull()
  })

  it('signs a session again whose secret is being replaced', () => {
    const { sessionId, value } = createSession(SECRET)
    const next = 'the-next-secret-that-is-long-enough-too'
    vi.stubEnv('ONECOUNT_SECRET', `${next},${SECRET}`)
    const response = open({ cookie: `onecount_session=${value}` })
    expect(readSession(response.headers.getSetCookie()[0]!.split(';')[0], next)).toBe(sessionId)
  })

  it('sets a Secure cookie over HTTPS alone', () => {
    expect(open({}, 'https://site.example/').headers.get('set-cookie')).toMatch(/; Secure$/)
    expect(open({ 'x-forwarded-proto': 'https' }).headers.get('set-cookie')).toMatch(/; Secure$/)
    expect(open().headers.get('set-cookie')).not.toMatch(/Secure/)
  })
})

describe('what is no page that somebody opens', () => {
  it.each(['empty', 'iframe', 'image'])('sets no cookie: %s', destination => {
    expect(open({ 'sec-fetch-dest': destination }).headers.getSetCookie()).toEqual([])
  })

  it('sets no cookie: a form of another site, whose browser left the cookie out', () => {
    const response = open({ 'sec-fetch-dest': 'document' }, 'http://site.example/', 'POST')
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it.each(['/api/likes', '/_next/static/chunks/a.js', '/scenes/a.svg', '/favicon.ico', '/robots.txt'])(
    'does not pass the proxy: %s',
    url => expect(unstable_doesMiddlewareMatch({ config, nextConfig: {}, url })).toBe(false),
  )

  it.each(['/', '/rank', '/profile/lucia_nature', '/profile/lucia.nature', '/apiary'])('passes it: %s', url =>
    expect(unstable_doesMiddlewareMatch({ config, nextConfig: {}, url })).toBe(true),
  )
})
