// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { manual, POST } from '../../test/support/react-pages'
import { LikesUnreachable } from './transport'

beforeEach(() => localStorage.clear())
afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

describe('a browser that refuses a BroadcastChannel', () => {
  it('has its page looked after all the same: a press is sent again when the network is back', async () => {
    vi.stubGlobal(
      'BroadcastChannel',
      class {
        constructor() {
          throw new DOMException('refused', 'SecurityError')
        }
      },
    )
    const { store, writes, shown } = manual()
    const stop = store.start()
    dispatchEvent(new Event('pageshow'))
    store.post(POST).set(true)
    writes[0]!.fail(new LikesUnreachable('no answer'))
    await expect.poll(() => shown().status).toBe('retrying')
    dispatchEvent(new Event('online'))
    expect(writes).toHaveLength(2)
    stop()
  })
})

describe('what waits for the rest of a page', () => {
  it('runs in its order also where one before it throws, which is reported', async () => {
    const reported: (() => void)[] = []
    vi.resetModules()
    const { later } = await import('./later')
    const ran: number[] = []
    vi.stubGlobal('queueMicrotask', (report: () => void) => reported.push(report))
    later(() => ran.push(1))
    later(() => {
      throw new Error('the first one')
    })
    later(() => ran.push(2))
    await new Promise(later)
    expect(ran).toEqual([1, 2])
    expect(reported).toHaveLength(1)
    expect(reported[0]).toThrow('the first one')
  })
})
