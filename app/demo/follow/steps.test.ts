import { describe, expect, it } from 'vitest'
import { followRun, formatMs } from './steps'

const pressed = followRun(null, { kind: 'pressed', startedAt: 100, liked: true, count: 447 })

describe('a press that is followed', () => {
  it('counts each step from the press on, once', () => {
    const first = followRun(pressed, { kind: 'arrived', step: 'answered', at: 112.5 })
    const second = followRun(first, { kind: 'arrived', step: 'answered', at: 500 })
    expect(second?.arrivals).toEqual({ answered: 12.5 })
  })

  it('leaves out what came before it', () => {
    expect(followRun(pressed, { kind: 'arrived', step: 'told', at: 99 })?.arrivals).toEqual({})
  })

  it('takes nothing more when it is over, and nothing before there is one', () => {
    const over = followRun(pressed, { kind: 'over' })
    expect(followRun(over, { kind: 'arrived', step: 'tab', at: 200 })).toBe(over)
    expect(followRun(null, { kind: 'arrived', step: 'tab', at: 200 })).toBeNull()
  })

  it('begins anew with the next press', () => {
    const answered = followRun(pressed, { kind: 'arrived', step: 'answered', at: 112 })
    expect(followRun(answered, { kind: 'pressed', startedAt: 300, liked: false, count: 446 })).toEqual({
      startedAt: 300,
      liked: false,
      count: 446,
      arrivals: {},
      isOver: false,
    })
  })
})

it.each([
  [0.42, '0.4\u00a0ms'],
  [9.96, '10\u00a0ms'],
  [24.4, '24\u00a0ms'],
  [1203.6, '1,204\u00a0ms'],
])('%s is written %s', (ms, text) => {
  expect(formatMs(ms)).toBe(text)
})
