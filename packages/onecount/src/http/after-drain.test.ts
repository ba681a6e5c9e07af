import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestServer, FOX, POLAR_BEAR, SECRET, someone } from '../../test/support/http-server'
import { StoreUnavailable } from '../core/errors'
import { createAfterDrain } from './after-drain'
import { createHandler } from './handler'

const { current, restart, close, api, like } = createTestServer()
beforeEach(() => restart({ drain: 'after', drainBudgetMs: 1234 }))
afterEach(close)

const drains = () => current.service.calls.filter(([name]) => name === 'flush')
const UNDER_WAY = { looksAgain: false, whenHeld: 'leave' }

describe("drain: 'after'", () => {
  it('drains behind the answer to a press, with the budget that it was given', async () => {
    expect((await like({ headers: someone() })).status).toBe(200)
    await expect.poll(drains).toEqual([['flush', { budgetMs: 1234, ...UNDER_WAY }]])
  })

  it('drains nothing behind a read, a refused press, or a press that Postgres holds already', async () => {
    await api(`/likes?ids=${POLAR_BEAR}`, { headers: someone() })
    expect((await like({ headers: someone() }, 'nope')).status).toBe(400)
    const set = vi.spyOn(current.service, 'set')
    set.mockImplementation(async (postId, _, liked) => ({
      ...{ postId, count: 1, liked, rev: 1, op: 3, source: 'redis', durable: true },
    }))
    expect((await like({ headers: someone() })).status).toBe(200)
    expect(drains()).toEqual([])
  })

  it('tells Redis of presses that Postgres accepted alone, and of one whose outcome is unknown', async () => {
    const set = vi.spyOn(current.service, 'set')
    set.mockResolvedValueOnce({
      ...{ postId: FOX, count: 1, liked: true, rev: 1, op: 3, source: 'postgres', durable: true },
    })
    await like({ headers: someone() })
    await expect.poll(drains).toHaveLength(1)
    set.mockRejectedValueOnce(new StoreUnavailable('redis', 'it hangs'))
    expect((await like({ headers: someone() })).status).toBe(503)
    await expect.poll(drains).toHaveLength(2)
  })

  it('hands the drain to the platform, or answers once it has drained where there is none to hand it to', async () => {
    const { service } = current
    const handler = createHandler({ service, secret: SECRET, drain: 'after' })
    const press = () =>
      new Request(`http://site.example/api/likes/${POLAR_BEAR}`, { method: 'PUT', headers: someone() })
    const work: (() => Promise<void>)[] = []
    await handler(press(), { after: one => void work.push(one) })
    expect(drains()).toEqual([])
    await work[0]!()
    expect(drains()).toHaveLength(1)
    await handler(press())
    expect(drains()).toHaveLength(2)
  })

  it('drains nothing where it was not asked for, and without Redis', async () => {
    await restart()
    await like({ headers: someone() })
    expect(drains()).toEqual([])
    current.service.hasRedis = false
    const handler = createHandler({ service: current.service, secret: SECRET, drain: 'after' })
    await handler(new Request(`http://site.example/api/likes/${FOX}`, { method: 'PUT', headers: someone() }))
    expect(drains()).toEqual([])
  })
})

describe('the drain behind answers', () => {
  /** A drain that the test ends. */
  function held() {
    const ends: ((result: { drained: number; more: boolean } | Error) => void)[] = []
    const flush = vi.fn(
      () =>
        new Promise<{ drained: number; more: boolean }>((resolve, reject) =>
          ends.push(result => (result instanceof Error ? reject(result) : resolve(result))),
        ),
    )
    return { flush, ends }
  }
  const ignore = () => {}

  it('runs once for all that were pressed while one was under way', async () => {
    const { flush, ends } = held()
    const { run } = createAfterDrain({ drainer: { flush } })
    const all = [run(ignore), run(ignore), run(ignore)]
    expect(flush).toHaveBeenCalledTimes(1)
    ends[0]!({ drained: 1, more: false })
    await all[0]
    await expect.poll(() => flush.mock.calls.length).toBe(2)
    ends[1]!({ drained: 2, more: false })
    await Promise.all(all)
    expect(flush).toHaveBeenCalledTimes(2)
  })

  it('is due with any request while something is left, and no timer is needed for it', async () => {
    const { flush, ends } = held()
    const { isDue, run } = createAfterDrain({ drainer: { flush } })
    expect([isDue(false), isDue(true)]).toEqual([false, true])
    const first = run(ignore)
    expect(isDue(false), 'one is under way').toBe(false)
    ends[0]!({ drained: 5, more: true })
    await first
    expect(isDue(false)).toBe(true)
    const second = run(ignore)
    ends[1]!({ drained: 1, more: false })
    await second
    expect(isDue(false)).toBe(false)
  })

  it('waits longer after each failure, by the wall clock, and tells of it', async () => {
    let now = 1_000_000
    const failures: unknown[] = []
    const flush = vi.fn(() => Promise.reject(new Error('postgres is away')))
    const { isDue, run } = createAfterDrain({ drainer: { flush } }, { now: () => now })
    for (const pauseMs of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
      await run(error => failures.push(error))
      now += pauseMs - 1
      expect([isDue(true), isDue(false)]).toEqual([false, false])
      now += 1
      expect([isDue(true), isDue(false)]).toEqual([true, true])
    }
    expect(failures).toHaveLength(7)
    now -= 3_600_000
    expect(isDue(false), 'a clock that was set back').toBe(true)
  })

  it('tells of each kind that failed, and comes back for it', async () => {
    const failed = new Error('bookmarks are away')
    const kinds = { like: { drained: 3, more: false }, bookmark: { error: failed } }
    const told: unknown[] = []
    let now = 0
    const { isDue, run } = createAfterDrain(
      { drainer: { flush: async () => ({ drained: 3, more: true, kinds }) } },
      { now: () => now },
    )
    await run(error => told.push(error))
    expect(told).toEqual([failed])
    now = 500
    expect(isDue(false)).toBe(true)
  })
})
