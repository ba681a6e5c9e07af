import { describe, expect, it } from 'vitest'
import { keepOrder, rankOrder } from './rank-order'

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

  it('puts equal ones in the order of their ids, the greater first, in whatever order they came', () => {
    const counts = new Map(posts.map(({ id }) => [id, 7]))
    const cameIn = [posts, [...posts].reverse(), [posts[2]!, posts[0]!, posts[3]!, posts[1]!]]
    for (const order of cameIn) expect(rankOrder(order, counts)).toEqual(['d', 'c', 'b', 'a'])
  })

  it('compares ids as Redis does, byte by byte', () => {
    const ids = ['9-a', '10-a', 'a-1', 'f0', '0f'].map(id => ({ id }))
    const counts = new Map(ids.map(({ id }) => [id, 1]))
    expect(rankOrder(ids, counts)).toEqual(['f0', 'a-1', '9-a', '10-a', '0f'])
  })

  it('puts unknown ones last, after zero, in the order they came in', () => {
    const counts = new Map([
      ['a', null],
      ['b', 0],
      ['d', 3],
    ])
    expect(rankOrder(posts, counts)).toEqual(['d', 'b', 'a', 'c'])
  })
})

describe('keepOrder', () => {
  it('keeps the order that is shown, whatever is wanted', () => {
    expect(keepOrder(['b', 'a'], ['a', 'b'])).toEqual(['b', 'a'])
  })

  it('puts appended posts at the end in the wanted order, and leaves out posts that are gone', () => {
    expect(keepOrder(['b', 'x', 'a'], ['d', 'a', 'b', 'c'])).toEqual(['b', 'a', 'd', 'c'])
  })

  it('is the wanted order where nothing of it is shown', () => {
    expect(keepOrder(['x', 'y'], ['b', 'a'])).toEqual(['b', 'a'])
  })
})
