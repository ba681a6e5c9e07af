import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestServer } from '../../test/support/http-server'

const { current, restart, api, close } = createTestServer()
beforeEach(() => restart())
afterEach(close)

describe('/drain', () => {
  const drainSecret = 'the-secret-of-the-scheduler'
  const authorization = `Bearer ${drainSecret}`

  it('does not exist without a secret', async () => {
    const response = await api('/drain', { method: 'POST', headers: { authorization } })
    expect(response.status).toBe(404)
    expect((await response.json()).error.code).toBe('not_found')
  })

  it('drains for as long as it may, on POST and on the GET of a scheduler', async () => {
    await restart({ drainSecret, drainBudgetMs: 1_234 })
    current.service.drained = { drained: 7, more: true }
    for (const method of ['POST', 'GET']) {
      const response = await api('/drain', { method, headers: { authorization } })
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ drained: 7, more: true })
    }
    expect(current.service.calls).toEqual([
      ['flush', { budgetMs: 1_234, whenHeld: 'wait' }],
      ['flush', { budgetMs: 1_234, whenHeld: 'wait' }],
    ])
  })

  it('prunes as well, and has drained where that fails', async () => {
    await restart({ drainSecret, drainBudgetMs: 1_234 })
    const prune = vi.fn(() => Promise.reject(new Error('no pruning today')))
    Object.assign(current.service, { prune })
    const response = await api('/drain', { headers: { authorization } })
    expect([response.status, await response.json()]).toEqual([200, { drained: 0, more: false }])
    expect(prune).toHaveBeenCalledExactlyOnceWith(1_234)
    expect(current.logged.join()).toContain('no pruning today')
  })

  it('does nothing without the right token, or for HEAD', async () => {
    await restart({ drainSecret })
    for (const wrong of [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${drainSecret}x`,
      drainSecret,
      `Basic ${drainSecret}`,
    ]) {
      const response = await api('/drain', { method: 'POST', headers: wrong ? { authorization: wrong } : {} })
      expect(response.status, wrong).toBe(401)
      expect((await response.json()).error.code).toBe('unauthorized')
    }
    expect((await api('/drain', { method: 'HEAD', headers: { authorization } })).status).toBe(405)
    expect(current.service.calls).toEqual([])
  })
})
