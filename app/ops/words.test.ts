import { expect, it } from 'vitest'
import { formatBytes, formatMoment, formatMs, formatNumber, formatSeconds } from './words'

const plain = (text: string) => text.replaceAll('\u00a0', ' ')

it('numbers are as long as they have to be', () => {
  expect([null, 0, 0.034, 3.46, 99.96, 1234.5].map(formatNumber)).toEqual([
    '–',
    '0',
    '0.03',
    '3.5',
    '100',
    '1,235',
  ])
})

it('times have the unit that fits', () => {
  expect([null, 0.42, 3.44, 97.4, 1200].map(formatMs).map(plain)).toEqual([
    '–',
    '0.4 ms',
    '3.4 ms',
    '97 ms',
    '1.2 s',
  ])
  expect([null, 0, 0.2, 42.9, 60, 185, 7800, 180_000].map(formatSeconds).map(plain)).toEqual([
    '–',
    '0 s',
    '200 ms',
    '42 s',
    '1 min',
    '3 min 5 s',
    '2 h 10 min',
    '2 d 2 h',
  ])
})

it('bytes too', () => {
  expect([104, 2345, 4_100_000, 2e9].map(formatBytes).map(plain)).toEqual([
    '104 B',
    '2.3 kB',
    '4.1 MB',
    '2 GB',
  ])
})

it('a moment has its date where it is not today', () => {
  const now = Date.parse('2026-11-27T14:05:12Z')
  expect(formatMoment(now - 5000, now)).toBe('14:05:07')
  expect(formatMoment(now - 86_400_000, now)).toBe('2026-11-26 14:05:12')
})
