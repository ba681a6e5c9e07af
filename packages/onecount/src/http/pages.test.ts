import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { OnecountError } from '../core/errors'
import type { LikeState } from '../core/types'
import { DEFAULT_LIMITS } from './limits'
import { createPages, type PagesOptions } from './pages'
import type { LikesService } from './ports'
import { createSession, readSession } from './session'

const SECRET = 'a-secret-for-tests-that-is-long-enough'
const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'

/** An engine that knows one post, and says for whom it was asked. */
const asked: (string | null)[] = []
const service = {
  hasRedis: true,
  async read(ids: string[], sessionId: string | null) {
    asked.push(sessionId)
    const state: LikeState = {
      postId: POST,
      count: 446,
      liked: sessionId === null ? null : false,
      rev: 10,
      op: null,
      durable: null,
      source: 'redis',
    }
    return new Map(ids.includes(POST) ? [[POST, state]] : [])
  },
} as unknown as LikesService

const pagesOf = (options: Partial<PagesOptions> = {}) =>
  createPages({ service, secret: SECRET, log: () => {}, ...options })
const open = (headers: Record<string, string> = {}, address = 'http://site.example/rank') =>
  new Request(address, { headers })

describe('a page that is opened', () => {
  it('gives a visitor without a session one, for this page and for the browser', async () => {
    const { sessionId, headers, readLikes } = await pagesOf()(open({ 'sec-fetch-dest': 'document' }))
    expect(sessionId).not.toBeNull()
    expect(readSession(headers['set-cookie']!.split(';')[0], SECRET)).toBe(sessionId)
    expect(headers['cache-control']).toBe('private, no-store')
    const likes = await readLikes([POST, 'gone'])
    expect([...likes]).toMatchObject([[POST, { count: 446, liked: false, rev: 10 }]])
    expect(asked.at(-1)).toBe(sessionId)
  })

  it('keeps the session that the browser has', async () => {
    const { sessionId, value } = createSession(SECRET)
    const page = await pagesOf()(open({ cookie: `onecount_session=${value}` }))
    expect(page.sessionId).toBe(sessionId)
    expect(page.headers).not.toHaveProperty('set-cookie')
  })

  it('sets the __Host- cookie over HTTPS, also behind a proxy, and moves an older one there', async () => {
    const { sessionId, value } = createSession(SECRET)
    const secure = { 'x-forwarded-proto': 'https', cookie: `onecount_session=${value}` }
    const page = await pagesOf()(open(secure))
    expect(page.sessionId).toBe(sessionId)
    expect(page.headers['set-cookie']).toMatch(/^__Host-onecount_session=.*; Secure$/)
  })

  it.each([
    ['a prefetch', { 'sec-purpose': 'prefetch' }],
    ['a frame', { 'sec-fetch-dest': 'iframe' }],
    ['the data of a navigation', { 'sec-fetch-dest': 'empty' }],
  ])('gives no session to %s, which shows counts alone', async (_, headers) => {
    const page = await pagesOf()(open(headers))
    expect(page.sessionId).toBeNull()
    expect(page.headers).not.toHaveProperty('set-cookie')
    expect((await page.readLikes([POST])).get(POST)).toMatchObject({ count: 446, liked: null })
  })

  it('gives no session to an address that has made too many', async () => {
    const limits = { ...DEFAULT_LIMITS, new: { tokens: 1, windowMs: 60_000 } }
    const openPage = pagesOf({ limits })
    const [first, second, other] = [
      await openPage(open(), { ip: '192.0.2.1' }),
      await openPage(open(), { ip: '192.0.2.1' }),
      await openPage(open(), { ip: '192.0.2.2' }),
    ]
    expect([first, second, other].map(({ sessionId }) => sessionId === null)).toEqual([false, true, false])
  })

  it('is of the person who is signed in, and sets no cookie then', async () => {
    const session = ({ headers }: Request) => headers.get('x-person')
    const page = await pagesOf({ session })(open({ 'x-person': 'person:ana' }))
    expect(page.sessionId).toBe('person:ana')
    expect(page.headers).not.toHaveProperty('set-cookie')
    const anonymous = await pagesOf({ session, anonymous: false })(open())
    expect(anonymous.sessionId).toBeNull()
  })

  it('fails where the session cannot be determined, instead of rendering the page as signed out', async () => {
    const session = () => Promise.reject(new Error('no answer'))
    await expect(pagesOf({ session })(open())).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('has unknown counts, never 0, where they cannot be read', async () => {
    const lines: string[] = []
    const failing = { ...service, read: () => Promise.reject(new Error('gone away')) }
    const page = await pagesOf({ service: failing, log: line => lines.push(line) })(open())
    expect((await page.readLikes([POST])).get(POST)).toMatchObject({ count: null, source: 'unknown' })
    expect(lines.join()).toContain('gone away')
  })

  it('knows the kinds that the server has', async () => {
    const kinds = { like: service, bookmark: service }
    const several = { kinds, main: 'like', hasRedis: true } as unknown as PagesOptions['service']
    const page = await pagesOf({ service: several })(open())
    expect((await page.readLikes([POST], 'bookmark')).size).toBe(1)
    await expect(page.readLikes([POST], 'stars')).rejects.toBeInstanceOf(OnecountError)
  })

  it('refuses a secret that is too short at once', () => {
    expect(() => pagesOf({ secret: 'short' })).toThrow('ONECOUNT_SECRET')
  })
})

describe('a page of a server that has Node requests', () => {
  const server = createServer()
  afterEach(() => server.close())

  it('is opened for them too, and their body stays to be read', async () => {
    const openPage = pagesOf()
    server.on('request', async (request: IncomingMessage, response) => {
      const { headers, sessionId } = await openPage(request)
      let body = ''
      for await (const chunk of request) body += chunk
      response.setHeaders(new Headers(headers)).end(`${sessionId !== null} ${body}`)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const page = await fetch(url)
    expect(await page.text()).toBe('true ')
    expect(page.headers.getSetCookie()[0]).toContain('onecount_session=')
    const posted = await fetch(url, { method: 'POST', body: 'a form' })
    expect(await posted.text()).toBe('false a form')
  })
})
