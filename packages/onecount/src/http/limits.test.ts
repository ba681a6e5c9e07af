import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, NO_LIMITS, parseLimits } from './limits'

describe('ONECOUNT_LIMITS', () => {
  it('has defaults', () => {
    expect(parseLimits(undefined)).toEqual(DEFAULT_LIMITS)
    expect(parseLimits('  ')).toEqual(DEFAULT_LIMITS)
  })

  it('is off for load tests', () => {
    expect(parseLimits('off')).toEqual(NO_LIMITS)
  })

  it('takes a rate for each kind and keeps the defaults of the others', () => {
    expect(parseLimits('session=5/1s, ip=off,post=100/500ms')).toEqual({
      session: { tokens: 5, windowMs: 1_000 },
      ip: null,
      post: { tokens: 100, windowMs: 500 },
      read: DEFAULT_LIMITS.read,
      new: DEFAULT_LIMITS.new,
    })
  })

  it('allow by default a school behind one address, but not all that one visitor could request', () => {
    const { new: rate } = DEFAULT_LIMITS
    expect(rate!.tokens).toBeGreaterThanOrEqual(500)
    expect((rate!.tokens / rate!.windowMs) * 86_400_000).toBeLessThan(20_000)
  })

  it('reads every unit, and one of it where no number is given', () => {
    expect(parseLimits('read=7/2m').read).toEqual({ tokens: 7, windowMs: 120_000 })
    expect(parseLimits('read=7/h').read).toEqual({ tokens: 7, windowMs: 3_600_000 })
  })

  it.each([
    ['sesion=3/1s', 'sesion=3/1s'],
    ['session=3/1s,ip=fast', 'ip=fast'],
    ['session=0/1s', 'session=0/1s'],
    ['session=3/0s', 'session=3/0s'],
    ['session=-3/1s', 'session=-3/1s'],
    ['session=3', 'session=3'],
    ['session=3/1d', 'session=3/1d'],
    ['session=3/1s,', '""'],
    ['session=3/1s,session=4/1s', 'session=4/1s'],
    ['off,session=3/1s', 'off'],
  ])('%j is refused, naming %j', (text, part) => {
    expect(() => parseLimits(text)).toThrow(
      expect.objectContaining({ code: 'misconfigured', message: expect.stringContaining(part) }),
    )
  })
})
