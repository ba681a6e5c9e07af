import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  cookieOf,
  createTestServer,
  MapLikes,
  POLAR_BEAR,
  refusal,
  SECRET,
  someone,
} from '../../test/support/http-server'
import { OnecountError } from '../core/errors'
import { createHandler } from './handler'
import { fromRequest } from './request'
import { createSession, readSession } from './session'
import { sessionTag } from './session-tag'
import { createVisitors } from './visitor'

const ANA = '7b0e7a52-6f2c-4c0e-9f0a-1a2b3c4d5e6f'
const BEN = 'user_2abcDEF'
/** What a sign-in of the application gave out. */
const TOKENS = new Map([
  ['Bearer ana', ANA],
  ['Bearer ben', BEN],
])
const session = (request: Request) => TOKENS.get(request.headers.get('authorization') ?? '')
const ana = { authorization: 'Bearer ana' }

const { current, restart, api, like, close } = createTestServer()
beforeEach(() => restart({ session }))
afterEach(close)

/** Who the last write was counted for. */
const lastPresser = () => current.service.calls.findLast(([name]) => name === 'set')?.[2]

describe('a signed-in person', () => {
  it('likes by the id that the application gives, and gets no cookie', async () => {
    const response = await like({ headers: ana })
    expect(await response.json()).toMatchObject({ count: 447, liked: true })
    expect(lastPresser()).toBe(ANA)
    expect(response.headers.getSetCookie()).toEqual([])
    const read = await api(`/likes?ids=${POLAR_BEAR}`, { headers: ana })
    expect((await read.json()).likes[POLAR_BEAR]).toMatchObject({ count: 447, liked: true })
    expect(read.headers.getSetCookie()).toEqual([])
  })

  it('comes before the anonymous cookie, whose likes stay with the cookie', async () => {
    const cookies = someone()
    await like({ headers: cookies })
    await like({ headers: { ...cookies, ...ana } })
    const anonymous = readSession(cookies.cookie, SECRET)
    expect(current.service.calls.map(call => call[2])).toEqual([anonymous, ANA])
  })

  it('is limited by that id, wherever the requests come from', async () => {
    await restart({
      session,
      proxyHops: 1,
      limits: { ...limits(), session: { tokens: 2, windowMs: 60_000 } },
    })
    const statuses = []
    for (const ip of ['198.51.100.1', '198.51.100.2', '198.51.100.3'])
      statuses.push((await like({ headers: { ...ana, 'x-forwarded-for': ip } })).status)
    expect(statuses).toEqual([200, 200, 429])
  })
})

const limits = () => ({ session: null, ip: null, post: null, read: null, new: null })

describe('a visitor who is not signed in', () => {
  it('is anonymous by default', async () => {
    const response = await like()
    expect(response.status).toBe(200)
    expect(readSession(cookieOf(response), SECRET)).toBe(lastPresser())
  })

  it('is refused with 401 where only people like, reads counts and gets no cookie', async () => {
    await restart({ session, anonymous: false })
    const response = await like({ headers: someone() })
    expect(await refusal(response)).toMatchObject({ status: 401, code: 'sign_in_required' })
    expect(response.headers.getSetCookie()).toEqual([])
    expect(current.service.calls).toEqual([])
    const read = await api(`/likes?ids=${POLAR_BEAR}`)
    expect((await read.json()).likes[POLAR_BEAR]).toMatchObject({ count: 446, liked: null })
    expect(read.headers.getSetCookie()).toEqual([])
    expect((await like({ headers: ana })).status).toBe(200)
  })

  it('needs no secret where there is no anonymous session to sign', () => {
    const service = new MapLikes()
    expect(() => createHandler({ service, session, anonymous: false })).not.toThrow()
    expect(() => createHandler({ service, session })).toThrow(/ONECOUNT_SECRET/)
  })
})

describe('an id that a client claims', () => {
  it.each<[string, RequestInit]>([
    ['in the body', { body: JSON.stringify({ sessionId: BEN, session: BEN, userId: BEN, actor: BEN }) }],
    ['in headers', { headers: { 'x-user-id': BEN, 'onecount-session': BEN, 'x-session-id': BEN } }],
    ['as a cookie', { headers: { cookie: `onecount_session=${BEN}; session=${BEN}` } }],
    ['as a cookie with a signature of its own', { headers: { cookie: `onecount_session=${forged(BEN)}` } }],
    ['as another token', { headers: { authorization: `Bearer ${BEN}` } }],
  ])('is not believed: %s', async (_, init) => {
    const anonymous = await like(init)
    expect(anonymous.status).toBe(200)
    expect(lastPresser()).toBe(readSession(cookieOf(anonymous), SECRET))
    const signedIn = await like({ ...init, headers: { ...init.headers, ...ana } })
    expect(signedIn.status).toBe(200)
    expect(lastPresser()).toBe(ANA)
  })

  it('is not believed in the address', async () => {
    await api(`/likes/${POLAR_BEAR}?sessionId=${BEN}&session=${BEN}`, { method: 'PUT', headers: ana })
    expect(lastPresser()).toBe(ANA)
  })
})

/** A cookie signed with another secret. */
function forged(id: string): string {
  return `${id}.${createSession('a-secret-of-another-application-entirely').value.split('.')[1]}`
}

describe('an application that cannot tell', () => {
  const failing = async () => {
    throw new Error('the service that signs people in is down')
  }

  it('saves nothing: the like of a person must not become an anonymous one', async () => {
    await restart({ session: failing })
    const response = await like({ headers: someone() })
    expect(await refusal(response)).toMatchObject({ status: 503, code: 'unavailable' })
    expect(current.service.calls).toEqual([])
    expect(current.logged.join()).toContain('the service that signs people in is down')
  })

  it('shows counts, and hearts are unknown', async () => {
    await restart({ session: failing })
    const response = await api(`/likes?ids=${POLAR_BEAR}`, { headers: someone() })
    expect((await response.json()).likes[POLAR_BEAR]).toMatchObject({ count: 446, liked: null })
    expect(current.logged).toHaveLength(1)
  })

  it('is waited for no longer than five seconds', async () => {
    vi.useFakeTimers()
    try {
      const identify = createVisitors({ session: () => new Promise(() => {}), anonymous: false })
      const answer = expect(identify(fromRequest(new Request('http://site.example/')))).rejects.toMatchObject(
        {
          code: 'unavailable',
          cause: expect.objectContaining({ message: 'it did not answer within 5 s' }),
        },
      )
      await vi.advanceTimersByTimeAsync(5000)
      await answer
    } finally {
      vi.useRealTimers()
    }
  })

  it('is logged without what the thrown answer of a library holds', async () => {
    const session = () => {
      throw new Response('no', { status: 401, headers: { 'set-cookie': 'sid=TOPSECRET' } })
    }
    await restart({ session })
    expect(await refusal(await like())).toMatchObject({ status: 503, code: 'unavailable' })
    expect(current.logged).toHaveLength(1)
    expect(current.logged[0]).toContain('session() failed')
    expect(current.logged[0]).toContain('thrown Response 401')
    expect(current.logged[0]).not.toContain('TOPSECRET')
  })

  it('says which of its settings is wrong, and a press is 500: repeating it is of no use', async () => {
    await restart({
      session: async () => {
        throw new OnecountError('misconfigured', { field: 'claim', detail: 'there is no claim sub' })
      },
    })
    expect(await refusal(await like({ headers: someone() }))).toMatchObject({
      status: 500,
      code: 'misconfigured',
    })
    expect(current.service.calls).toEqual([])
    expect(current.logged.join()).toContain('there is no claim sub')
  })

  it.each(['', 'ana@example.com', 'a'.repeat(129), '-session id'])('is named where %j is no id', async id => {
    await restart({ session: () => id })
    expect(await refusal(await like())).toMatchObject({ status: 500, code: 'misconfigured' })
    expect(current.service.calls).toEqual([])
    expect(current.logged.join()).toContain('session()')
    if (id) expect(current.logged.join()).not.toContain(id)
  })
})

describe('the header that names the session of an answer', () => {
  const tagOf = async (path: string, init: RequestInit = {}) =>
    (await api(path, init)).headers.get('onecount-session')
  const READ = `/likes?ids=${POLAR_BEAR}`

  it('is a hash, the same in every answer for a session, and different for each session', async () => {
    const anonymous = { headers: someone() }
    const tags = await Promise.all([tagOf(READ, { headers: ana }), tagOf(READ, anonymous), tagOf(READ)])
    expect(new Set(tags).size).toBe(3)
    for (const tag of tags) expect(tag).toMatch(/^[\w-]{16}$/)
    expect(await tagOf(`/likes/${POLAR_BEAR}`, { method: 'PUT', headers: ana })).toBe(tags[0])
    expect(await tagOf(READ, anonymous)).toBe(tags[1])
    const first = await api(READ)
    expect(await tagOf(READ, { headers: { cookie: cookieOf(first) } })).toBe(
      first.headers.get('onecount-session'),
    )
  })

  it('is none where only people like, and the caller is not signed in', async () => {
    await restart({ session, anonymous: false })
    expect(await tagOf(READ)).toBe('none')
  })

  it('is absent where the session cannot be determined', async () => {
    expect(await tagOf(READ, { headers: { ...ana, 'sec-fetch-site': 'cross-site' } })).toBeNull()
    await restart({ session: () => Promise.reject(new Error('down')) })
    expect(await tagOf(READ, { headers: ana })).toBeNull()
    await restart({ limits: { ...limits(), new: { tokens: 1, windowMs: 60_000 } } })
    expect(await tagOf(READ)).not.toBeNull()
    expect(await tagOf(READ)).toBeNull()
  })
})

describe('a press that says who made it', () => {
  const press = (person: string | undefined, madeBy: unknown, headers = {}) =>
    like({
      headers: { ...headers, ...(person && { authorization: `Bearer ${person}` }) },
      body: JSON.stringify({ madeBy }),
    })

  it('is accepted from the session that made it; another session is refused and told its own tag', async () => {
    expect((await press('ana', sessionTag(ANA))).status).toBe(200)
    const refused = await press('ben', sessionTag(ANA))
    expect(refused.headers.get('onecount-session')).toBe(sessionTag(BEN))
    expect(await refusal(refused)).toMatchObject({ status: 409, code: 'session_changed' })
    expect(current.service.calls.map(call => call[2])).toEqual([ANA])
  })

  it('is accepted without that field, as from an older client', async () => {
    for (const madeBy of [undefined, null]) expect((await press('ben', madeBy)).status).toBe(200)
  })

  it('is refused without beginning a session where the one that made it has gone', async () => {
    const refused = await press(undefined, sessionTag(ANA))
    expect(refused.headers.getSetCookie()).toEqual([])
    expect(refused.headers.get('onecount-session')).toBeNull()
    expect(await refusal(refused)).toMatchObject({ status: 409, code: 'session_changed' })
    const cookies = someone()
    const anonymous = sessionTag(readSession(cookies.cookie, SECRET))
    expect((await press(undefined, anonymous, cookies)).status).toBe(200)
  })

  it('is refused as changed before it is asked to sign in, where only people like', async () => {
    await restart({ session, anonymous: false })
    expect(await refusal(await press(undefined, sessionTag(ANA)))).toMatchObject({ code: 'session_changed' })
    expect(await refusal(await press(undefined, 'none'))).toMatchObject({
      status: 401,
      code: 'sign_in_required',
    })
  })

  it.each([7, {}, ['a'], true])('is refused where %j is no session', async madeBy => {
    expect(await refusal(await press('ana', madeBy))).toMatchObject({ code: 'invalid_body', field: 'madeBy' })
    expect(current.service.calls).toEqual([])
  })
})

describe('a page of another site', () => {
  const foreign = { 'sec-fetch-site': 'cross-site' }

  it('changes nothing for a person, and does not learn their likes', async () => {
    expect(await refusal(await like({ headers: { ...ana, ...foreign } }))).toMatchObject({ status: 403 })
    await like({ headers: ana })
    const read = await api(`/likes?ids=${POLAR_BEAR}`, { headers: { ...ana, ...foreign } })
    expect((await read.json()).likes[POLAR_BEAR]).toMatchObject({ count: 447, liked: null })
  })
})
