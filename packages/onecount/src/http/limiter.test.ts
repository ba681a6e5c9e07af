import { describe, expect, it } from 'vitest'
import { createLimiter } from './limiter'
import { NO_LIMITS, parseLimits } from './limits'

function limiter(text: string, maxKeys?: number) {
  const clock = { ms: 1_000_000 }
  return { clock, ...createLimiter(parseLimits(text), { now: () => clock.ms, maxKeys }) }
}

describe('the limiter', () => {
  it('lets the whole number through at once, then says how long to wait', () => {
    const { take, clock } = limiter('session=3/3s')
    for (let i = 0; i < 3; i++) expect(take({ session: 'a' })).toBeNull()
    expect(take({ session: 'a' })).toEqual({ kind: 'session', retryAfterMs: 1_000 })
    clock.ms += 999
    expect(take({ session: 'a' })).toEqual({ kind: 'session', retryAfterMs: 1 })
    clock.ms += 1
    expect(take({ session: 'a' })).toBeNull()
  })

  it('refills up to the number and no further', () => {
    const { take, clock } = limiter('session=2/1s')
    expect(take({ session: 'a' })).toBeNull()
    clock.ms += 3_600_000
    expect([1, 2, 3].map(() => take({ session: 'a' }) === null)).toEqual([true, true, false])
  })

  it('counts each key for itself', () => {
    const { take } = limiter('session=1/1s')
    expect(take({ session: 'a' })).toBeNull()
    expect(take({ session: 'b' })).toBeNull()
    expect(take({ session: 'a' })).not.toBeNull()
  })

  it('takes nothing from the others when one refuses', () => {
    const { take, clock } = limiter('session=1/1s,post=2/1h')
    expect(take({ session: 'a', post: 'p' })).toBeNull()
    for (let i = 0; i < 5; i++) expect(take({ session: 'a', post: 'p' })?.kind).toBe('session')
    expect(take({ session: 'b', post: 'p' })).toBeNull()
    clock.ms += 2_000
    expect(take({ session: 'a', post: 'p' })?.kind).toBe('post')
  })

  it('does not count requests without a key', () => {
    const { take } = limiter('session=1/1s,ip=1/1s')
    for (let i = 0; i < 5; i++) expect(take({ session: null, ip: null })).toBeNull()
  })

  it('lets everything through when limits are off', () => {
    const { take } = createLimiter(NO_LIMITS)
    for (let i = 0; i < 10_000; i++) expect(take({ session: 'a', ip: 'b', post: 'c', read: 'd' })).toBeNull()
  })

  it('forgets the key used longest ago when there are too many', () => {
    const { take } = limiter('session=1/1h', 2)
    take({ session: 'a' })
    take({ session: 'b' })
    expect(take({ session: 'a' })).not.toBeNull()
    take({ session: 'c' })
    expect(take({ session: 'a' }), 'used last, kept').not.toBeNull()
    expect(take({ session: 'b' }), 'used longest ago, forgotten').toBeNull()
  })

  it('survives a clock that steps back', () => {
    const { take, clock } = limiter('session=1/1s')
    take({ session: 'a' })
    clock.ms -= 60_000
    expect(take({ session: 'a' })).toEqual({ kind: 'session', retryAfterMs: 1_000 })
    clock.ms += 1_000
    expect(take({ session: 'a' })).toBeNull()
  })

  it('names the emptiest bucket where a shared store refuses, though it rounds', async () => {
    const shared = { take: async () => ({ isTaken: false, tokens: [7, 1] }) }
    const { takeShared } = createLimiter(parseLimits('session=9/9s,ip=1/1s'), { shared })
    expect(await takeShared({ session: 'a', ip: 'b' })).toMatchObject({ kind: 'ip' })
  })
})
