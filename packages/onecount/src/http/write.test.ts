import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  cookieOf,
  createTestServer,
  POLAR_BEAR,
  refusal,
  SECRET,
  someone,
} from '../../test/support/http-server'
import { OnecountError } from '../core/errors'
import { readSession } from './session'

const { current, restart, api, like, close } = createTestServer()
beforeEach(() => restart())
afterEach(close)

describe('PUT and DELETE /likes/{postId}', () => {
  it('like and unlike, and answer with the state of the post', async () => {
    const headers = someone()
    const liked = await like({ headers })
    expect(liked.status).toBe(200)
    const state = await liked.json()
    expect(state).toEqual({
      postId: POLAR_BEAR,
      count: 447,
      liked: true,
      rev: expect.any(Number),
      op: expect.any(Number),
      source: 'redis',
      durable: false,
    })
    const unliked = await like({ method: 'DELETE', headers, body: JSON.stringify({ op: state.op + 1 }) })
    expect(await unliked.json()).toMatchObject({ count: 446, liked: false, op: state.op + 1 })
  })

  it('hand on that the caller wants it durable', async () => {
    const headers = someone()
    await like({ headers, body: JSON.stringify({ op: 7, ack: 'postgres' }) })
    await like({ headers, body: JSON.stringify({ ack: null }) })
    expect(current.service.calls.map(call => call[4])).toEqual([{ op: 7, ack: 'postgres' }, {}])
  })

  it.each(['redis', 'none', 1, true])(
    'refuse the acknowledgement %j: a request cannot ask for less',
    async ack => {
      const response = await like({ body: JSON.stringify({ ack }) })
      expect(response.status).toBe(400)
      expect(await refusal(response)).toMatchObject({ code: 'invalid_body', field: 'ack' })
      expect(current.service.calls).toEqual([])
    },
  )

  it('can be repeated', async () => {
    const headers = someone()
    await like({ headers })
    expect(await (await like({ headers })).json()).toMatchObject({ count: 447, liked: true })
  })

  it('give a visitor without a cookie a session that later requests are known by', async () => {
    const first = await like()
    const cookie = cookieOf(first)
    expect(first.headers.get('set-cookie')).toMatch(/; HttpOnly; SameSite=Lax$/)
    await like({ headers: { cookie } })
    const [, , session] = current.service.calls[0]!
    expect(readSession(cookie, SECRET)).toBe(session)
    expect(current.service.calls[1]).toEqual(['set', POLAR_BEAR, session, true, {}])
  })

  it.each(['onecount_session=forged.forged', 'onecount_session=%', 'onecount_session', ';'])(
    'give a new session for the cookie %j, never an error',
    async cookie => {
      const response = await like({ headers: { cookie } })
      expect(response.status).toBe(200)
      expect(readSession(cookieOf(response), SECRET)).toMatch(/^[\w-]{22}$/)
    },
  )

  it('renew the cookie of a visitor who has one', async () => {
    const headers = someone()
    expect(cookieOf(await like({ headers }))).toBe(headers.cookie)
  })

  it('take the id in any case', async () => {
    expect(await (await like({}, POLAR_BEAR.toUpperCase())).json()).toMatchObject({ postId: POLAR_BEAR })
  })

  it('mark the cookie Secure where a proxy ends TLS', async () => {
    const response = await like({ headers: { 'x-forwarded-proto': 'https' } })
    expect(response.headers.get('set-cookie')).toMatch(/; Secure$/)
  })

  it('keep the session of a cookie signed with the secret that is being replaced', async () => {
    const headers = someone()
    const next = 'the-next-secret-that-is-long-enough-too'
    await restart({ secret: `${next},${SECRET}` })
    const renewed = cookieOf(await like({ headers }))
    expect(readSession(renewed, next)).toBe(readSession(headers.cookie, SECRET))
  })

  it('keep the session through a failure whose outcome is unknown', async () => {
    current.service.failure = new OnecountError('unavailable')
    const failed = await like()
    expect(failed.status).toBe(503)
    current.service.failure = null
    await like({ headers: { cookie: cookieOf(failed) } })
    expect(current.service.calls[1]![2]).toBe(current.service.calls[0]![2])
  })
})

describe('the op of a write', () => {
  const liking = 2 * (Date.now() * 1000) + 1

  it('goes to the engine, from the body or the query', async () => {
    await like({ body: JSON.stringify({ op: liking, other: 'ignored' }) })
    await api(`/likes/${POLAR_BEAR}?op=${liking}`, { method: 'PUT' })
    await api(`/likes/${POLAR_BEAR}?op=1`, { method: 'PUT', body: JSON.stringify({ op: liking }) })
    expect(current.service.calls.map(call => call[4])).toEqual([
      { op: liking },
      { op: liking },
      { op: liking },
    ])
  })

  it('may be left out, with no body, an empty one an empty object or null', async () => {
    for (const body of [undefined, '', '  ', '{}', '{"op":null}']) await like({ body })
    expect(current.service.calls.map(call => call[4])).toEqual([{}, {}, {}, {}, {}])
  })

  it.each([liking + 1, 0, 1, -5, 1e300])(
    'is refused, not replaced, when it is no op of a like: %d',
    async op => {
      const response = await like({ body: JSON.stringify({ op }) })
      expect(response.status).toBe(400)
      expect((await response.json()).error).toMatchObject({ code: 'invalid_op', field: 'op' })
    },
  )

  it('is refused with the time to stamp it anew when it is ahead', async () => {
    const now = 1_795_000_000_000
    current.service.failure = new OnecountError('op_ahead', { field: 'op', now })
    const response = await like({ body: JSON.stringify({ op: liking }) })
    expect(response.status).toBe(409)
    const { error } = await response.json()
    expect(error).toEqual({ code: 'op_ahead', message: expect.any(String), field: 'op', now })
  })

  it.each(['"7"', '1.5', 'true', '1e400', '[1]', '{}'])('is refused when it is no integer: %s', async op => {
    const response = await like({ body: `{"op":${op}}` })
    expect(response.status).toBe(400)
    expect((await response.json()).error).toMatchObject({ code: 'invalid_op', field: 'op' })
    expect(current.service.calls).toEqual([])
  })

  it.each(['', 'x', '1.5', '0x10', '1e3', ' 1'])('is refused in the query too: %j', async op => {
    const response = await api(`/likes/${POLAR_BEAR}?op=${encodeURIComponent(op)}`, { method: 'PUT' })
    expect((await response.json()).error).toMatchObject({ code: 'invalid_op', field: 'op' })
  })
})

describe('a body', () => {
  it.each(['{', 'op=1', '[]', '7', 'null', '"x"'])('%s is 400', async body => {
    expect(await refusal(await like({ body }))).toMatchObject({ status: 400, code: 'invalid_body' })
    expect(current.service.calls).toEqual([])
  })

  it('of more than 1,024 bytes is 400', async () => {
    expect((await like({ body: `{}${' '.repeat(1_022)}` })).status).toBe(200)
    const refused = await like({ body: `{}${' '.repeat(1_023)}` })
    expect(await refusal(refused)).toMatchObject({
      status: 400,
      code: 'invalid_body',
      message: expect.stringContaining('1024 bytes'),
    })
  })

  it('that breaks off is 400, and no failure of the server', async () => {
    const body = new ReadableStream({ start: controller => controller.error(new Error('aborted')) })
    const init = { method: 'PUT', body, duplex: 'half' } as RequestInit
    const request = new Request(`${current.url}/api/likes/${POLAR_BEAR}`, init)
    expect(await refusal(await current.handler!(request))).toMatchObject({
      status: 400,
      code: 'invalid_body',
    })
    expect(current.logged).toEqual([])
  })

  it('without a length is read no further than that', async () => {
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        sent += 1_024
        controller.enqueue(new Uint8Array(1_024).fill(32))
      },
    })
    const request = new Request(`${current.url}/api/likes/${POLAR_BEAR}`, {
      method: 'PUT',
      body,
      duplex: 'half',
    } as RequestInit)
    expect(await refusal(await current.handler!(request))).toMatchObject({
      status: 400,
      code: 'invalid_body',
    })
    expect(sent).toBeLessThan(10 * 1_024)
  })
})
