import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ABSENT,
  cookieOf,
  createTestServer,
  FOX,
  POLAR_BEAR,
  SECRET,
  someone,
} from '../../test/support/http-server'
import { readSession } from './session'

const { current, api, like, restart, close } = createTestServer()
beforeEach(() => restart())
afterEach(close)

describe('GET /likes', () => {
  it('answers for each post, and for its own session alone', async () => {
    const headers = someone()
    await like({ headers })
    const response = await api(`/likes?ids=${POLAR_BEAR},${FOX}`, { headers })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      likes: {
        [POLAR_BEAR]: {
          count: 447,
          liked: true,
          rev: expect.any(Number),
          op: expect.any(Number),
          durable: true,
          source: 'redis',
        },
        [FOX]: { count: 12, liked: false, rev: 1, op: null, durable: null, source: 'redis' },
      },
    })
    expect(response.headers.get('set-cookie')).toBeNull()
    const { likes } = await (await api(`/likes?ids=${POLAR_BEAR}`, { headers: someone() })).json()
    expect(likes[POLAR_BEAR]).toMatchObject({ count: 447, liked: false })
  })

  it('says when there is no Redis that could know more than Postgres', async () => {
    expect((await api(`/likes?ids=${FOX}`)).headers.get('onecount-redis')).toBeNull()
    current.service.hasRedis = false
    expect((await api(`/likes?ids=${FOX}`)).headers.get('onecount-redis')).toBe('off')
  })

  it('leaves out posts that do not exist', async () => {
    expect(await (await api(`/likes?ids=${ABSENT}`)).json()).toEqual({ likes: {} })
  })

  it('asks for each id once, whatever its case and however often it is there', async () => {
    await api(`/likes?ids=${Array(200).fill(POLAR_BEAR).join(',')},,%20&ids=${FOX.toUpperCase()},${FOX}`)
    expect(current.service.calls).toEqual([['read', [POLAR_BEAR, FOX], expect.any(String)]])
  })

  it('answers under a UUID as it was asked for, and as Postgres writes it', async () => {
    const [upper, mixed] = [FOX.toUpperCase(), FOX.replace('dddd', 'DDdd')]
    const { likes } = await (await api(`/likes?ids=${upper},${mixed},${ABSENT.toUpperCase()}`)).json()
    expect(Object.keys(likes).sort()).toEqual([FOX, upper, mixed].sort())
    expect(likes[upper]).toEqual(likes[FOX])
    expect(likes[mixed]).toEqual(likes[FOX])
  })

  it('takes 100 ids and no more', async () => {
    const ids = (n: number) =>
      Array.from({ length: n }, (_, i) => `${POLAR_BEAR.slice(0, -3)}${100 + i}`).join(',')
    expect((await api(`/likes?ids=${ids(100)}`)).status).toBe(200)
    const refused = await api(`/likes?ids=${ids(101)}`)
    expect(refused.status).toBe(400)
    expect((await refused.json()).error).toMatchObject({ code: 'invalid_ids', field: 'ids' })
    expect(current.service.calls).toHaveLength(1)
  })

  it('gives a visitor without a cookie a session', async () => {
    const cookie = cookieOf(await api(`/likes?ids=${POLAR_BEAR}`))
    expect(current.service.calls[0]).toEqual(['read', [POLAR_BEAR], readSession(cookie, SECRET)])
  })

  it('answers a page of another site without a session, and sets no cookie', async () => {
    const response = await api(`/likes?ids=${POLAR_BEAR}`, {
      headers: { 'sec-fetch-site': 'cross-site', ...someone() },
    })
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect((await response.json()).likes[POLAR_BEAR]).toMatchObject({ count: 446, liked: null })
  })

  it('answers HEAD with the same head and no body', async () => {
    const response = await api(`/likes?ids=${POLAR_BEAR}`, { method: 'HEAD', headers: someone() })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.text()).toBe('')
  })

  it('begins no session with a HEAD, which sets no cookie', async () => {
    const response = await api(`/likes?ids=${POLAR_BEAR}`, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(response.headers.get('onecount-session')).toBeNull()
    expect(current.service.calls).toEqual([['read', [POLAR_BEAR], null]])
  })
})

describe('GET /health', () => {
  it('answers with the health of the stores', async () => {
    const response = await api('/health')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      status: 'ok',
      redis: 'up',
      postgres: 'up',
      pending: 2,
      oldestPendingMs: 40,
      unseen: 0,
      refused: 0,
      paused: null,
      lastDrainAt: '2026-11-23T20:00:00.000Z',
      lookedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    })
  })

  it('costs the stores one look a second, however many ask', async () => {
    await Promise.all(Array.from({ length: 50 }, () => api('/health')))
    expect(current.service.calls).toEqual([['health']])
    await expect.poll(() => api('/health').then(() => current.service.calls.length)).toBe(2)
  })

  it('does not keep an answer that failed', async () => {
    current.service.failure = new Error('once')
    expect((await api('/health')).status).toBe(500)
    current.service.failure = null
    expect((await api('/health')).status).toBe(200)
  })

  it('is 503 only when likes cannot be served', async () => {
    current.service.status = 'degraded'
    expect((await api('/health')).status).toBe(200)
    await restart()
    current.service.status = 'down'
    expect((await api('/health')).status).toBe(503)
    expect((await api('/health', { method: 'HEAD' })).status).toBe(503)
  })
})
