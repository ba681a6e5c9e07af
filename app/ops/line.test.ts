import { describe, expect, it } from 'vitest'
import { areaOf, lineOf, meanOf, minutesOf, rangeOf, topOf } from './line'

const SECOND = 1000
const frame = { from: 0, to: 600 * SECOND, most: 10 }
const at = (seconds: number, value: number | null) => ({ at: seconds * SECOND, value })

describe('a line', () => {
  it('goes through known values, and across the gaps between them', () => {
    expect(lineOf([at(0, 0), at(2, null), at(4, 5), at(6, 10)], frame)).toBe('M0 100L4 50 6 0')
    expect(areaOf([at(0, 0), at(4, 5)], frame)).toBe('M0 100L0 100 4 50 4 100Z')
  })

  it('has a gap where nothing was known for long, and a dot where one value stands alone', () => {
    expect(lineOf([at(0, 1), at(2, 1), at(100, 10), at(200, 1), at(202, 1)], frame)).toBe(
      'M0 90L2 90M100 0h0.01M200 90L202 90',
    )
  })

  it('stays in its frame', () => {
    expect(lineOf([at(-5, 1), at(2, 20), at(700, 1)], frame)).toBe('M2 0h0.01')
    expect(lineOf([], frame)).toBe('')
    expect(areaOf([at(0, null)], frame)).toBe('')
  })

  it('shows as many minutes as the process is old, in steps', () => {
    const minutes = (since: number) => rangeOf(since * SECOND, 10_000 * SECOND).minutes
    expect([9999, 9880, 9879, 9700, 9699, 0].map(minutes)).toEqual([2, 2, 5, 5, 15, 15])
    expect(rangeOf(0, 900 * SECOND).from).toBe(0)
  })

  it('has a round number at its top, and not less than little', () => {
    expect([0, 0.3, 1, 1.1, 4, 5, 7, 10, 11, 230, 999].map(value => topOf([value, null], 1))).toEqual([
      1, 1, 1, 2, 5, 5, 10, 10, 20, 500, 1000,
    ])
    expect(topOf([], 10)).toBe(10)
  })

  it('is a table of minutes too, newest first, with the means of known values', () => {
    const rows = minutesOf([at(0, 2), at(58, 4), at(60, null), at(120, 1)], ({ value }) => [value])
    expect(rows.map(({ at, values }) => [at / SECOND, ...values])).toEqual([
      [120, 1],
      [60, null],
      [0, 3],
    ])
    expect(meanOf([])).toBeNull()
  })
})
