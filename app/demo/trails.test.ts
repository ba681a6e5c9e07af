import { describe, expect, it } from 'vitest'
import { addToTrail, numbersShown, startTrails } from './trails'

const start = startTrails({ feed: 446, profile: 446, rank: 446, post: 446 })

describe('the trail of a view', () => {
  it('grows by each new number, in that view alone', () => {
    const after = addToTrail(start, 'rank', 447)
    expect(after.rank).toEqual([446, 447])
    expect(after.feed).toEqual([446])
  })

  it('stays the same object when the same number is shown again', () => {
    expect(addToTrail(start, 'feed', 446)).toBe(start)
  })

  it('keeps the last three numbers, also when one comes back', () => {
    const trail = [447, 446, 447, 448].reduce((trails, n) => addToTrail(trails, 'feed', n), start).feed
    expect(trail).toEqual([446, 447, 448])
  })
})

describe('the numbers that are shown', () => {
  it('are one where all views agree', () => {
    expect(numbersShown(start)).toEqual([446])
  })

  it('are all that differ, in order', () => {
    expect(numbersShown(addToTrail(addToTrail(start, 'rank', 447), 'post', 445))).toEqual([445, 446, 447])
  })

  it('leave out unknown counts', () => {
    expect(numbersShown(addToTrail(start, 'post', null))).toEqual([446])
  })
})
