import { type NextFetchEvent, type NextProxy, NextRequest, NextResponse } from 'next/server.js'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { createSession, readSession } from '../http/session'
import { postgresPort } from '../postgres/rpc'
import type { OnecountNextConfig } from './config'
import { onecountNext } from './onecount-next'

const SECRET = 'a-secret-for-tests-that-is-long-enough'
const EVENT = {} as NextFetchEvent

beforeEach(() => vi.stubEnv('ONECOUNT_SECRET', SECRET))
afterEach(() => vi.unstubAllEnvs())

let made = 0
/** One application, with state of its own. */
const application = (config: Partial<OnecountNextConfig> = {}) =>
  onecountNext({
    postgres: () => postgresPort(async () => null),
    name: `proxy-test-${++made}`,
    ...config,
  })

const request = (headers: Record<string, string> = {}) =>
  new NextRequest('http://site.example/rank', { headers })

/** What the page is rendered with: the headers that Next takes from the answer of a proxy. */
const rendered = (response: Response, name: string) => {
  const names = response.headers.get('x-middleware-override-headers')?.split(',') ?? []
  return names.includes(name) ? response.headers.get(`x-middleware-request-${name}`) : null
}
const sessionSet = (response: Response) =>
  readSession(
    response.headers
      .getSetCookie()
      .find(cookie => cookie.includes('onecount'))
      ?.split(';')[0],
    SECRET,
  )

describe('withSession', () => {
  it('alone gives the page and the browser one session', () => {
    const response = application().withSession()(request({ cookie: 'theme=dark', 'accept-language': 'es' }))
    expect(sessionSet(response)).not.toBeNull()
    expect(readSession(rendered(response, 'cookie'), SECRET)).toBe(sessionSet(response))
    expect(rendered(response, 'cookie')).toMatch(/^theme=dark; /)
    expect(rendered(response, 'accept-language')).toBe('es')
    expect(response.headers.get('cache-control')).toBe('private, no-store')
  })

  it('lets a page with a session through as it is', () => {
    const cookie = `onecount_session=${createSession(SECRET).value}`
    const response = application().withSession()(request({ cookie }))
    expect([...response.headers]).toEqual([['x-middleware-next', '1']])
  })

  it('shows the proxy of the application the request with the session', () => {
    let seen: string | undefined
    const response = application().withSession(inner => {
      seen = `onecount_session=${inner.cookies.get('onecount_session')?.value}`
      expect(readSession(inner.headers.get('cookie'), SECRET)).toBe(readSession(seen, SECRET))
    })(request({ cookie: '__Host-onecount_session=forged' }))
    expect(readSession(seen, SECRET)).toBe(sessionSet(response))
  })

  it.each<[string, (inner: NextRequest) => Response]>([
    ['hands nothing on', () => NextResponse.next()],
    ['hands the request on', inner => NextResponse.next({ request: inner })],
    [
      'hands on headers that it took before',
      () => NextResponse.next({ request: { headers: new Headers({ cookie: 'theme=dark', a: 'b' }) } }),
    ],
    [
      'hands on headers without cookies',
      () => NextResponse.next({ request: { headers: new Headers({ a: 'b' }) } }),
    ],
    ['rewrites', () => NextResponse.rewrite('http://site.example/es/rank')],
  ])('renders with the session where the proxy %s, and leaves its policy alone', (_, inner) => {
    const response = application().withSession(incoming => {
      const answer = inner(incoming)
      answer.headers.set('content-security-policy', "default-src 'self'")
      return answer
    })(request({ 'user-agent': 'test' }))
    expect(sessionSet(response)).not.toBeNull()
    expect(readSession(rendered(response, 'cookie'), SECRET)).toBe(sessionSet(response))
    expect(response.headers.get('content-security-policy')).toBe("default-src 'self'")
  })

  it('keeps the headers that the proxy hands on, and its cookies', () => {
    const response = application().withSession(() => {
      const answer = NextResponse.next({ request: { headers: new Headers({ a: 'b' }) } })
      answer.cookies.set('sb-token', 'c')
      return answer
    })(request({ 'user-agent': 'test' }))
    expect(rendered(response, 'a')).toBe('b')
    expect(rendered(response, 'user-agent')).toBeNull()
    expect(response.headers.getSetCookie().map(cookie => cookie.split('=')[0])).toEqual([
      'sb-token',
      'onecount_session',
    ])
  })

  it.each<[string, () => Response, number]>([
    ['a redirect of Next', () => NextResponse.redirect('http://site.example/login'), 307],
    ['a redirect of the platform', () => Response.redirect('http://site.example/login', 303), 303],
    ['an answer', () => new Response('no', { status: 403 }), 403],
  ])('leaves %s what it is', async (_, inner, status) => {
    const response = application().withSession(inner)(request())
    expect(response.status).toBe(status)
    expect(response.headers.has('x-middleware-override-headers')).toBe(false)
    expect(sessionSet(response)).not.toBeNull()
    if (status === 403) expect(await response.text()).toBe('no')
    else expect(response.headers.get('location')).toBe('http://site.example/login')
  })

  it('waits for an asynchronous proxy, and accepts every result that Next accepts', async () => {
    const clerkLike: NextProxy = async () => undefined
    const proxy = application().withSession(clerkLike)
    expect(sessionSet(await proxy(request(), EVENT))).not.toBeNull()
    expectTypeOf(application().withSession(() => NextResponse.next())).returns.toEqualTypeOf<Response>()
    expectTypeOf(
      application().withSession(async () => NextResponse.next()),
    ).returns.resolves.toEqualTypeOf<Response>()
    expectTypeOf(proxy).toExtend<(request: NextRequest, event: NextFetchEvent) => unknown>()
  })

  it('makes no session where only signed-in people like', () => {
    vi.stubEnv('ONECOUNT_SECRET', '')
    vi.stubEnv('NODE_ENV', 'production')
    const response = application({ anonymous: false, session: () => null }).withSession()(request())
    expect([...response.headers]).toEqual([['x-middleware-next', '1']])
  })
})
