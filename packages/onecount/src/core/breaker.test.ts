import { beforeEach, describe, expect, it } from 'vitest'
import { type GuardedRedis, withBreaker } from './breaker'
import { StoreUnavailable } from './errors'

let now: number
let calls: number
let isDown: boolean
let scope: 'store' | 'call'
let port: GuardedRedis
beforeEach(() => {
  now = 0
  calls = 0
  isDown = true
  scope = 'store'
  const redis = {
    run: async () => {
      calls++
      if (isDown) throw new StoreUnavailable('redis', 'no answer', scope)
      return 'OK'
    },
  }
  port = withBreaker(redis, { failures: 3, pauseMs: 500, clock: () => now })
})

const run = () => port.run('read', [], []).catch((error: StoreUnavailable) => error.store)
const fail = async (times: number) => {
  for (let i = 0; i < times; i++) expect(await run()).toBe('redis')
}

describe('a breaker', () => {
  it('asks again after a few failures, as long as they are not in a row', async () => {
    for (let i = 0; i < 5; i++) {
      isDown = true
      await fail(2)
      isDown = false
      expect(await run()).toBe('OK')
    }
    expect(calls).toBe(15)
  })

  it('fails at once after as many failures in a row', async () => {
    await fail(2)
    expect(port.isOpen()).toBe(false)
    await fail(1)
    expect(port.isOpen()).toBe(true)
    isDown = false
    await fail(100)
    expect(calls).toBe(3)
  })

  it('says why the last call failed', async () => {
    await fail(3)
    await expect(port.run('read', [], [])).rejects.toThrow(
      'redis is unreachable (it did not answer lately: no answer)',
    )
  })

  it('lets one call through after the pause; the others do not wait for it', async () => {
    await fail(3)
    now = 500
    expect(await Promise.all([run(), run(), run()])).toEqual(['redis', 'redis', 'redis'])
    expect(calls).toBe(4)
    expect(port.isOpen()).toBe(true)
    now = 1000
    isDown = false
    expect(await run()).toBe('OK')
    expect(port.isOpen()).toBe(false)
    expect(await Promise.all([run(), run()])).toEqual(['OK', 'OK'])
  })

  it('takes calls that are lost together for one loss', async () => {
    await Promise.all(Array.from({ length: 50 }, run))
    isDown = false
    expect(await run()).toBe('OK')
    expect(calls).toBe(51)
  })

  it('opens when one that began after a loss is lost, too', async () => {
    await Promise.all(Array.from({ length: 50 }, run))
    await fail(1)
    isDown = false
    await fail(10)
    expect(calls).toBe(51)
  })

  it('takes an error reply about one call for an answer', async () => {
    scope = 'call'
    await fail(20)
    scope = 'store'
    await fail(2)
    scope = 'call'
    await fail(1)
    scope = 'store'
    await fail(2)
    isDown = false
    expect(await run()).toBe('OK')
  })

  it('closes after an error reply about the call that was let through', async () => {
    await fail(3)
    now = 500
    scope = 'call'
    await fail(1)
    isDown = false
    expect(await Promise.all([run(), run()])).toEqual(['OK', 'OK'])
  })

  it('does not mind large calls that fail, and is not closed by them either', async () => {
    const large = () =>
      port.run('install-posts', Array(1000).fill('key'), Array(2000).fill('')).catch(() => 'lost')
    for (let i = 0; i < 10; i++) expect(await large()).toBe('lost')
    isDown = false
    expect(await run()).toBe('OK')
    isDown = true
    await fail(3)
    now = 500
    await large()
    isDown = false
    await fail(1)
    now = 1000
    expect(await run()).toBe('OK')
  })
})
