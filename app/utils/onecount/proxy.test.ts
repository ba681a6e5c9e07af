import { readFileSync } from 'node:fs'
import { unstable_doesMiddlewareMatch } from 'next/experimental/testing/server'
import { NextRequest } from 'next/server'
import { createSession, readSession } from 'onecount/http'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { config, proxy } from '@/proxy'

const SECRET = 'a-secret-for-tests-that-is-long-enough'

beforeEach(() => vi.stubEnv('ONECOUNT_SECRET', SECRET))
afterEach(() => vi.unstubAllEnvs())

const open = (headers: Record<string, string> = {}, url = 'http://site.example/rank', method = 'GET') =>
  proxy(new NextRequest(url, { method, headers })) as Response

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
    expect(handedOn(response)).toMatch(/^theme=dark; onecount_session=[\w-]{22}\./)
    expect(response.headers.get('x-middleware-request-accept-language')).toBe('es')
  })

  it('with a valid session hands it on as it is', () => {
    const cookie = `onecount_session=${createSession(SECRET).value}`
    const response = open({ cookie })
    expect(response.headers.getSetCookie()).toEqual([])
    expect(handedOn(response)).toBe(cookie)
  })

  it('keeps an answer that sets the cookie out of every cache', () => {
    expect(open().headers.get('cache-control')).toBe('private, no-store')
  })

  it('over HTTPS replaces the cookie of the old name by one that no other host can set', () => {
    const { sessionId, value } = createSession(SECRET)
    const response = open({ cookie: `onecount_session=${value}` }, 'https://site.example/')
    const [cookie] = response.headers.getSetCookie()
    expect(cookie).toMatch(/^__Host-onecount_session=[^;]+; Path=\/; [^;]+; HttpOnly; SameSite=Lax; Secure$/)
    expect(readSession(cookie!.split(';')[0], SECRET)).toBe(sessionId)
    expect(readSession(handedOn(response), SECRET)).toBe(sessionId)
  })

  it('renders without a session where an address has made too many, and with the one that a visitor has', () => {
    vi.stubEnv('ONECOUNT_LIMITS', 'new=2/1h')
    vi.stubEnv('ONECOUNT_PROXY_HOPS', '1')
    Reflect.deleteProperty(globalThis, Symbol.for('onecount.limiter'))
    const from = (ip: string, headers = {}) => open({ 'x-forwarded-for': ip, ...headers })
    const cookies = [1, 2, 3].map(() => from('198.51.100.7').headers.getSetCookie().length)
    expect(cookies).toEqual([1, 1, 0])
    expect(from('198.51.100.7').status).toBe(200)
    expect(from('198.51.100.8').headers.getSetCookie()).toHaveLength(1)
    const { value } = createSession('the-next-secret-that-is-long-enough-too')
    vi.stubEnv('ONECOUNT_SECRET', `${SECRET},the-next-secret-that-is-long-enough-too`)
    const known = from('198.51.100.7', { cookie: `onecount_session=${value}` })
    expect(known.headers.getSetCookie(), 'signed again').toHaveLength(1)
    Reflect.deleteProperty(globalThis, Symbol.for('onecount.limiter'))
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

describe('a request that does not open a page', () => {
  it.each(['empty', 'iframe', 'image'])('sets no cookie: %s', destination => {
    expect(open({ 'sec-fetch-dest': destination }).headers.getSetCookie()).toEqual([])
  })

  it.each<Record<string, string>>([
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
    { 'x-moz': 'prefetch' },
    { rsc: '1' },
    { 'next-router-prefetch': '1' },
    { 'onecount-no-session': '1' },
  ])('sets no cookie: %j', headers => {
    expect(open(headers).headers.getSetCookie()).toEqual([])
  })

  it('sets no cookie: HEAD', () => {
    expect(open({}, 'http://site.example/rank', 'HEAD').headers.getSetCookie()).toEqual([])
  })

  it.each(['rsc', 'next-router-prefetch', 'next-router-segment-prefetch'])(
    'does not pass the proxy: a request of the router with %s',
    name => {
      const match = (headers: Record<string, string>) =>
        unstable_doesMiddlewareMatch({ config, nextConfig: {}, url: '/rank', headers })
      expect([match({}), match({ [name]: '1' })]).toEqual([true, false])
    },
  )

  it('sets no cookie: a form of another site, whose browser left the cookie out', () => {
    const response = open({ 'sec-fetch-dest': 'document' }, 'http://site.example/', 'POST')
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it.each([
    '/api',
    '/api/likes',
    '/_next/static/chunks/a.js',
    '/scenes/a.svg',
    '/favicon.ico',
    '/robots.txt',
  ])('does not pass the proxy: %s', url =>
    expect(unstable_doesMiddlewareMatch({ config, nextConfig: {}, url })).toBe(false),
  )

  it.each(['/', '/rank', '/profile/lucia_nature', '/profile/lucia.nature', '/apiary'])('passes it: %s', url =>
    expect(unstable_doesMiddlewareMatch({ config, nextConfig: {}, url })).toBe(true),
  )
})

describe('the security policy of a page', () => {
  const policyOf = (response: Response) => response.headers.get('content-security-policy')!

  it('has a nonce of its own each time, which the page is rendered with', () => {
    const [first, second] = [open(), open()]
    expect(policyOf(first)).toMatch(/script-src 'self' 'nonce-[A-Za-z0-9+/]{22}==' 'sha256-/)
    expect(policyOf(first)).not.toBe(policyOf(second))
    expect(first.headers.get('x-middleware-request-content-security-policy')).toBe(policyOf(first))
  })

  it('forbids every site to frame the page, and every script but ours', () => {
    const policy = policyOf(open())
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("object-src 'none'")
    expect(policy).toContain("base-uri 'none'")
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval/)
  })

  it('lets the page speak to this site and to Supabase', () => {
    vi.stubEnv('SUPABASE_URL', 'https://project.supabase.co/')
    vi.stubEnv('SUPABASE_PUBLISHABLE_KEY', 'key')
    const sources = /connect-src ([^;]+)/.exec(policyOf(open()))![1]
    expect(sources).toBe("'self' https://project.supabase.co wss://project.supabase.co")
  })
})

describe('the matcher of the guide', () => {
  const guide = readFileSync(new URL('../../../docs/next.md', import.meta.url), 'utf8')
  const text = /export const config = (\{[^`]*\})\n```/.exec(guide)![1]!
  const guided = new Function(`return ${text}`)() as typeof config
  const passes = (url: string, headers: Record<string, string> = {}) =>
    unstable_doesMiddlewareMatch({ config: guided, nextConfig: {}, url, headers })

  it.each(['/', '/rank', '/profile/lucia_nature', '/apiary'])(
    'lets %s pass the proxy, but not its data',
    url => {
      expect([passes(url), passes(url, { rsc: '1' })]).toEqual([true, false])
    },
  )

  it.each(['/api/likes', '/_next/static/chunks/a.js', '/scenes/a.svg', '/favicon.ico'])(
    'leaves %s out',
    url => {
      expect(passes(url)).toBe(false)
    },
  )
})
