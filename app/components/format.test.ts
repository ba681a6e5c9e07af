import { describe, expect, it } from 'vitest'
import { changedDigits, formatCount, formatDate, formatSince, refusalText, spokenCount } from './format'

describe('formatCount', () => {
  it('writes counts below ten thousand in full', () => {
    expect(formatCount(0)).toBe('0')
    expect(formatCount(447)).toBe('447')
    expect(formatCount(1000)).toBe('1,000')
    expect(formatCount(9999)).toBe('9,999')
  })

  it('shortens larger ones, and never says more than there are', () => {
    expect(formatCount(10_000)).toBe('10\u00a0K')
    expect(formatCount(12_399)).toBe('12.3\u00a0K')
    expect(formatCount(999_999)).toBe('999.9\u00a0K')
    expect(formatCount(1_000_000)).toBe('1\u00a0M')
    expect(formatCount(2_147_483_648)).toBe('2,147.4\u00a0M')
  })

  it('writes a dash for unknown, never 0', () => {
    expect(formatCount(null)).toBe('–')
    expect(spokenCount(null)).toBe('number of likes unknown')
  })

  it('says one like in the singular', () => {
    expect(spokenCount(1)).toBe('1 like')
    expect(spokenCount(2)).toBe('2 likes')
  })
})

describe('formatDate', () => {
  it('is the same day everywhere, whatever the time zone of the reader', () => {
    expect(formatDate('2026-10-14T23:59:59Z')).toBe('14 October 2026')
  })
})

describe('formatSince', () => {
  const now = Date.UTC(2026, 9, 14, 12)
  it.each([
    [-5, 'just now'],
    [59, 'just now'],
    [60, '1 minute ago'],
    [3599, '59 minutes ago'],
    [3600, '1 hour ago'],
    [86_399, '23 hours ago'],
    [86_400, 'yesterday'],
    [6 * 86_400, '6 days ago'],
    [7 * 86_400, '7 October 2026'],
  ])('%i seconds later says %s', (seconds, text) => {
    expect(formatSince(new Date(now - seconds * 1000).toISOString(), now)).toBe(text)
  })
})

describe('changedDigits', () => {
  it('rolls only the digits that changed', () => {
    expect(changedDigits('446', '447')).toEqual({ head: '44', from: '6', to: '7' })
    expect(changedDigits('449', '450')).toEqual({ head: '4', from: '49', to: '50' })
  })

  it('rolls nothing when the length changes or nothing does', () => {
    expect(changedDigits('99', '100')).toBeNull()
    expect(changedDigits('7', '7')).toBeNull()
  })
})

describe('refusalText', () => {
  it('says when to try again', () => {
    const refusal = { code: 'too_many_requests', message: 'see Retry-After' }
    expect(refusalText({ ...refusal, retryAfterMs: 29_100 })).toBe('Too quick: wait 30\u00a0s.')
    expect(refusalText(refusal)).toBe('Too quick: wait a moment.')
  })

  it('names the clock of the device where the server did not believe it twice', () => {
    expect(refusalText({ code: 'op_ahead', message: 'field op' })).toMatch(/clock of this device/)
  })

  it('shows the message of the server for a code without a text of its own', () => {
    expect(refusalText({ code: 'forbidden_origin', message: 'not from here' })).toBe('not from here')
  })
})
