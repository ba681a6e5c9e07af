import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestServer, MapLikes, refusal, SECRET, someone } from '../../test/support/http-server'
import { createHandler } from './handler'

const { current, restart, like, close } = createTestServer()
beforeEach(() => restart())
afterEach(close)

describe('a page of another site', () => {
  it.each<[string, Record<string, string>]>([
    ['by Origin', { origin: 'https://evil.example' }],
    ['by Sec-Fetch-Site', { 'sec-fetch-site': 'cross-site' }],
  ])('is 403, known %s', async (_, headers) => {
    for (const method of ['PUT', 'DELETE']) {
      const response = await like({ method, headers: { ...headers, ...someone() } })
      expect(await refusal(response)).toMatchObject({ status: 403, code: 'forbidden_origin' })
      expect(response.headers.get('set-cookie')).toBeNull()
    }
    expect(current.service.calls).toEqual([])
  })

  it('may like when its origin is trusted, after asking', async () => {
    await restart({ trustedOrigins: ['https://app.example/'] })
    const headers = { origin: 'https://app.example', 'sec-fetch-site': 'same-site' }
    const asked = await like({ method: 'OPTIONS', headers })
    expect(asked.status).toBe(204)
    const answered = await like({ headers })
    for (const response of [asked, answered]) {
      expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example')
      expect(response.headers.get('access-control-allow-credentials')).toBe('true')
      expect(response.headers.get('vary')).toBe('Origin')
    }
    expect(answered.status).toBe(200)
    const stranger = await like({ headers: { origin: 'https://evil.example' } })
    expect(stranger.status).toBe(403)
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('cannot be trusted by a name that is no origin', () => {
    const create = () =>
      createHandler({ service: new MapLikes(), secret: SECRET, trustedOrigins: ['app.example'] })
    expect(create).toThrow(
      expect.objectContaining({ code: 'misconfigured', message: expect.stringContaining('app.example') }),
    )
  })
})
