import { describe, expect, it } from 'vitest'
import { totalsOf } from './totals'

const sums = (newer: [number, number], older: [number, number]) => ({
  newer: { pictures: newer[0], likes: newer[1] },
  older: { pictures: older[0], likes: older[1] },
})

describe('totalsOf', () => {
  it('is the sum of the counts where all pictures are on the page', () => {
    const page = { outside: sums([0, 0], [0, 0]) }
    expect(totalsOf([page], [446, 0, 5])).toEqual({ pictures: 3, likes: 451, others: 0 })
  })

  it('adds the sums before the first page and after the last one, and counts no page twice', () => {
    const pages = [{ outside: sums([10, 1000], [4, 70]) }, { outside: sums([12, 1100], [2, 30]) }]
    expect(totalsOf(pages, [7, 8, 20, 20])).toEqual({ pictures: 16, likes: 1085, others: 12 })
  })

  it('follows the counts of the pictures that are there', () => {
    const page = { outside: sums([0, 0], [9, 90]) }
    expect(totalsOf([page], [447]).likes! - totalsOf([page], [446]).likes!).toBe(1)
  })

  it('is unknown where a count or the others are unknown', () => {
    const page = { outside: sums([0, 0], [9, 90]) }
    expect(totalsOf([page], [446, null])).toEqual({ pictures: 11, likes: null, others: 9 })
    expect(totalsOf([{ ...page, outside: null }], [446, 1])).toEqual({
      pictures: null,
      likes: null,
      others: 0,
    })
  })
})
