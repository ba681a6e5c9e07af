import { describe, expect, it } from 'vitest'
import { isSameSet, rankOrder } from './rank-order'

const posts = ['a', 'b', 'c', 'd'].map(id => ({ id }))

describe('rankOrder', () => {
  it('puts the most liked first', () => {
    const counts = new Map([
      ['a', 1],
      ['b', 30],
      ['c', 2],
      ['d', 4],
    ])
    expect(rankOrder(posts, counts)).toEqual(['b', 'd', 'c', 'a'])
  })

  it('keeps equal ones in the order they came in', () => {
    const counts = new Map(posts.map(({ id }) => [id, 7]))
    expect(rankOrder(posts, counts)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('puts unknown ones last, after zero', () => {
    const counts = new Map([
      ['a', null],
      ['b', 0],
      ['d', 3],
    ])
    expect(rankOrder(posts, counts)).toEqual(['d', 'b', 'a', 'c'])
  })
})

describe('isSameSet', () => {
  it('ignores the order and nothing else', () => {
    expect(isSameSet(['a', 'b'], ['b', 'a'])).toBe(true)
    expect(isSameSet(['a', 'b'], ['a'])).toBe(false)
    expect(isSameSet(['a', 'b'], ['a', 'c'])).toBe(false)
  })
})
