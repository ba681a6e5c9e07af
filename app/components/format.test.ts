import { describe, expect, it } from 'vitest'
import { changedDigits, formatCount, formatDate, refusalText, spokenCount } from './format'

describe('formatCount', () => {
  it('writes counts below ten thousand as plain integers', () => {
    expect(formatCount(0)).toBe('0')
    expect(formatCount(447)).toBe('447')
    expect(formatCount(9999)).toBe('9999')
  })

  it('separates thousands from ten thousand on', () => {
    expect(formatCount(12_345)).toBe('12,345')
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

  it('passes on what it has no words of its own for', () => {
    expect(refusalText({ code: 'forbidden_origin', message: 'not from here' })).toBe('not from here')
  })
})
