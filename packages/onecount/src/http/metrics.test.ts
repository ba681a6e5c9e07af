import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestServer } from '../../test/support/http-server'

const { current, restart, api, close } = createTestServer()
beforeEach(() => restart())
afterEach(close)

describe('/metrics', () => {
  const metricsSecret = 'the-secret-of-prometheus'
  const authorization = `Bearer ${metricsSecret}`
  const metrics = { contentType: 'application/openmetrics-text; version=1.0.0', text: async () => '# EOF\n' }

  it('does not exist without metrics, or without a secret', async () => {
    for (const options of [{ metricsSecret }, { metrics }]) {
      await restart(options)
      const response = await api('/metrics', { headers: { authorization } })
      expect(response.status).toBe(404)
      expect((await response.json()).error.code).toBe('not_found')
    }
  })

  it('answers the text with its type, and no cache may keep it', async () => {
    await restart({ metrics, metricsSecret })
    const response = await api('/metrics', { headers: { authorization } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(metrics.contentType)
    expect(response.headers.get('cache-control')).toContain('no-store')
    expect(await response.text()).toBe('# EOF\n')
    expect((await api('/metrics', { method: 'POST', headers: { authorization } })).status).toBe(405)
  })

  it('answers 401 without the right token, and asks no store', async () => {
    await restart({
      metrics: { ...metrics, text: () => current.service.health().then(String) },
      metricsSecret,
    })
    for (const wrong of ['', 'Bearer', `Bearer ${metricsSecret}x`, metricsSecret, `Basic ${metricsSecret}`]) {
      const response = await api('/metrics', { headers: wrong ? { authorization: wrong } : {} })
      expect(response.status, wrong).toBe(401)
      expect((await response.json()).error.code).toBe('unauthorized')
    }
    expect(current.service.calls).toEqual([])
  })

  it('is open where the server says so', async () => {
    await restart({ metrics, metricsSecret: false })
    expect((await api('/metrics')).status).toBe(200)
  })

  it('names a secret that is too short', async () => {
    await expect(restart({ metrics, metricsSecret: 'short' })).rejects.toMatchObject({
      code: 'misconfigured',
      options: { field: 'ONECOUNT_METRICS_SECRET' },
    })
  })
})
