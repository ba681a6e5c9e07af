import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ABSENT,
  createTestServer,
  MapLikes,
  POLAR_BEAR,
  refusal,
  SECRET,
  someone,
} from '../../test/support/http-server'
import { StoreUnavailable } from '../core/errors'
import { createHandler, type HandlerOptions } from './handler'

const { current, restart, api, like, close } = createTestServer()
beforeEach(() => restart())
afterEach(close)

describe('a malformed id', () => {
  it.each([
    'x',
    '1',
    'g'.repeat(36),
    `${POLAR_BEAR}0`,
    `{${POLAR_BEAR}}`,
    '%00',
    '%E0%A4',
    '..%2f',
    '%7C',
    'a'.repeat(5_000),
  ])('%s is 400 and names postId', async id => {
    expect(await refusal(await like({}, id))).toMatchObject({
      status: 400,
      code: 'invalid_post_id',
      field: 'postId',
    })
    expect(current.service.calls).toEqual([])
  })

  it('in a list is 400 and names ids, and which one', async () => {
    const response = await api(`/likes?ids=${POLAR_BEAR},nope`)
    expect(await refusal(response)).toMatchObject({
      status: 400,
      code: 'invalid_post_id',
      field: 'ids',
      message: expect.stringContaining('"nope"'),
    })
    expect(current.service.calls).toEqual([])
  })

  it.each(['', '?ids=', '?ids=,%20,', '?id=x'])('or none at all is 400: /likes%s', async query => {
    expect(await refusal(await api(`/likes${query}`))).toMatchObject({
      status: 400,
      code: 'invalid_ids',
      field: 'ids',
    })
  })
})

describe('an unknown post', () => {
  it('is 404', async () => {
    expect(await refusal(await like({}, ABSENT))).toMatchObject({
      status: 404,
      code: 'post_not_found',
      field: 'postId',
    })
    expect(current.logged).toEqual([])
  })
})

describe('an address or method that is not there', () => {
  it.each(['/', '/like', `/likes/${POLAR_BEAR}/x`, '/health/x', '/toString', '/constructor'])(
    '%s is 404',
    async path => {
      expect(await refusal(await api(path))).toMatchObject({ status: 404, code: 'not_found' })
    },
  )

  it('outside of the base path is 404', async () => {
    expect(await refusal(await fetch(`${current.url}/apilikes`))).toMatchObject({
      status: 404,
      code: 'not_found',
    })
    await restart({ basePath: '/v1' })
    expect((await fetch(`${current.url}/v1/health`)).status).toBe(200)
    expect((await fetch(`${current.url}/api/health`)).status).toBe(404)
  })

  it.each([
    ['POST', '/likes', 'GET, HEAD, OPTIONS'],
    ['GET', `/likes/${POLAR_BEAR}`, 'PUT, DELETE, OPTIONS'],
    ['POST', `/likes/${POLAR_BEAR}`, 'PUT, DELETE, OPTIONS'],
    ['PATCH', `/likes/${POLAR_BEAR}`, 'PUT, DELETE, OPTIONS'],
    ['DELETE', '/health', 'GET, HEAD, OPTIONS'],
  ])('%s %s is 405 and names the methods that are allowed', async (method, path, allow) => {
    const response = await api(path, { method })
    expect(await refusal(response)).toMatchObject({ status: 405, code: 'method_not_allowed' })
    expect(response.headers.get('allow')).toBe(allow)
    const options = await api(path, { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([204, allow])
    expect(current.service.calls).toEqual([])
  })

  it('HEAD on a write is 405 without a body', async () => {
    const response = await like({ method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([405, ''])
  })
})

describe('a failure of the server', () => {
  it('is 500 in the same shape, and the log has the reason without secrets', async () => {
    const headers = someone()
    const value = headers.cookie.split('=')[1]
    current.service.failure = new TypeError(`connect redis://app:hunter2@db:6379 ${SECRET} ${value}`)
    expect(await refusal(await like({ headers }))).toMatchObject({ status: 500, code: 'internal' })
    expect(current.logged).toHaveLength(1)
    expect(current.logged[0]).toMatch(
      /^\[onecount\] PUT \/api\/likes\/\S+: TypeError: connect redis:\/\/\*\*\*@db:6379 \*\*\* \*\*\* \| at /,
    )
    expect(current.logged[0]).not.toMatch(/hunter2|\n/)
  })

  it('whatever is thrown, is an answer', async () => {
    for (const failure of ['text', 7, Object.create(null), new Error('plain')]) {
      current.service.failure = failure
      expect(await refusal(await api('/health'))).toMatchObject({ status: 500, code: 'internal' })
    }
  })

  it('of a store is 503', async () => {
    current.service.failure = new StoreUnavailable('postgres', new Error('timeout'))
    expect(await refusal(await api('/health'))).toMatchObject({ status: 503, code: 'unavailable' })
  })

  it('that lasts is logged once in ten seconds', async () => {
    const clock = { ms: 1_000_000 }
    await restart({ now: () => clock.ms })
    current.service.failure = new StoreUnavailable('postgres', new Error('timeout'))
    for (let i = 0; i < 5; i++) await like()
    expect(current.logged).toHaveLength(1)
    clock.ms += 10_000
    await like()
    expect(current.logged[1]).toMatch(/\(and 4 times more since\)$/)
  })

  it.each<[string, Partial<HandlerOptions>, string]>([
    ['a short secret', { secret: 'short' }, 'ONECOUNT_SECRET'],
    ['any origin trusted', { trustedOrigins: ['*'] }, 'ONECOUNT_TRUSTED_ORIGINS'],
    ['a pattern of origins', { trustedOrigins: ['https://*.example.com'] }, 'ONECOUNT_TRUSTED_ORIGINS'],
    ['an opaque origin', { trustedOrigins: ['null'] }, 'ONECOUNT_TRUSTED_ORIGINS'],
    ['a short drain secret', { drainSecret: 'fifteen-letters' }, 'ONECOUNT_DRAIN_SECRET'],
    ['a drain secret with a space', { drainSecret: 'two words that are long' }, 'ONECOUNT_DRAIN_SECRET'],
  ])('that is in its setup is found when it starts: %s', (_, options, field) => {
    const create = () => createHandler({ service: new MapLikes(), secret: SECRET, ...options })
    expect(create).toThrow(
      expect.objectContaining({ code: 'misconfigured', options: expect.objectContaining({ field }) }),
    )
  })
})

describe('every answer', () => {
  it("carries the server's time and says that no cache may keep it and no page embed it", async () => {
    const answers = [
      await like(),
      await like({}, 'x'),
      await like({}, ABSENT),
      await api(`/likes?ids=${POLAR_BEAR}`),
      await api('/likes'),
      await api('/likes', { method: 'OPTIONS' }),
      await api('/likes', { method: 'POST' }),
      await api('/health'),
      await api('/health', { method: 'HEAD' }),
      await api('/nothing'),
      await fetch(`${current.url}/elsewhere`),
    ]
    for (const { headers, url, status } of answers) {
      const at = `${status} ${url}`
      expect(Math.abs(Number(headers.get('onecount-time')) - Date.now()), at).toBeLessThan(60_000)
      expect(headers.get('cache-control'), at).toBe('private, no-store')
      expect(headers.get('x-content-type-options'), at).toBe('nosniff')
      expect(headers.get('content-security-policy'), at).toContain("frame-ancestors 'none'")
      expect(headers.get('strict-transport-security'), at).toBeNull()
    }
  })

  it('over HTTPS tells browsers to stay there', async () => {
    const response = await api('/health', { headers: { 'x-forwarded-proto': 'https' } })
    expect(response.headers.get('strict-transport-security')).toBe('max-age=31536000')
  })
})
