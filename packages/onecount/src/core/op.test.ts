import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assertOp, isLikedOp, nextOp, opTime } from './op'

const NOW = 1_795_000_000_000_000
const time = fc.integer({ min: 1, max: 2 ** 51 })

describe('nextOp', () => {
  it('is twice the time, plus one for a like', () => {
    expect(nextOp(NOW, 0, true)).toBe(3_590_000_000_000_001)
    expect(nextOp(NOW, 0, false)).toBe(3_590_000_000_000_000)
  })

  it('beats the op before on any clock, has the parity of the wanted state, and is a whole number', () => {
    fc.assert(
      fc.property(time, time, fc.boolean(), fc.boolean(), (now, before, was, liked) => {
        const previous = nextOp(before, 0, was)
        const op = nextOp(now, previous, liked)
        expect(op).toBeGreaterThan(previous)
        expect(isLikedOp(op)).toBe(liked)
        expect(opTime(op)).toBeGreaterThanOrEqual(now)
        expect(Number.isSafeInteger(op)).toBe(true)
      }),
    )
  })

  it('is exact until the year 2112', () => {
    const last = Date.UTC(2112, 0, 1) * 1000
    expect(Number.isSafeInteger(nextOp(last, 0, true))).toBe(true)
    expect(opTime(nextOp(last, 0, true))).toBe(last)
  })
})

describe('assertOp', () => {
  it('lets every op of the parity pass, however old and however far ahead: the stores judge its time', () => {
    for (const t of [1, NOW - 1, NOW, NOW + 3_600_000_000]) {
      expect(() => assertOp(nextOp(t, 0, true), true)).not.toThrow()
      expect(() => assertOp(nextOp(t, 0, false), false)).not.toThrow()
    }
  })

  it.each([
    ['of an unlike', nextOp(NOW, 0, false)],
    ['negative', -3],
    ['zero', 0],
    ['the smallest odd number', 1],
    ['a fraction', 3.5],
    ['not a number', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['beyond exact integers', 2 ** 53 + 1],
  ])('refuses one that is %s', (_, op) => {
    expect(() => assertOp(op, true)).toThrow(
      expect.objectContaining({
        code: 'invalid_op',
        status: 400,
        options: expect.objectContaining({ field: 'op' }),
      }),
    )
  })

  it('refuses a like for an unlike', () => {
    expect(() => assertOp(nextOp(NOW, 0, true), false)).toThrow('an unlike has an even one')
  })
})
