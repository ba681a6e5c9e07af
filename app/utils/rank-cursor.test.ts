import { describe, expect, it } from 'vitest'
import { formatRankCursor, parseRankCursor, placesBefore } from './rank-cursor'

const id = (n: number) => `50050001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`

describe('a place in the ranking', () => {
  it('comes back from an address as it went in', () => {
    expect(parseRankCursor(formatRankCursor({ likes: 446, id: id(1) }))).toEqual({ likes: 446, id: id(1) })
    expect(parseRankCursor(formatRankCursor({ likes: 0, id: id(1) }))).toEqual({ likes: 0, id: id(1) })
  })

  it('is none behind a post of unknown likes', () => {
    expect(formatRankCursor({ likes: null, id: id(1) })).toBeNull()
  })

  it.each([
    undefined,
    null,
    7,
    ['446_x'],
    '',
    '446',
    `446_${id(1).toUpperCase()}`,
    `-1_${id(1)}`,
    `0446_${id(1)}`,
    `4.5_${id(1)}`,
    `1e9_${id(1)}`,
    `${'9'.repeat(16)}_${id(1)}`,
    `446_${id(1)}0`,
    `446_${id(1)}\n`,
  ])('is the beginning where it is malformed: %j', text => {
    expect(parseRankCursor(text)).toBeNull()
  })
})

describe('placesBefore', () => {
  /** Most liked first, of equal ones the greater id; 7 posts have each number of likes. */
  const ranked = (length: number) =>
    Array.from({ length }, (_, place) => ({ id: id(5000 - place), count: Math.floor((5000 - place) / 7) }))

  async function place(posts: { id: string; count: number | null }[], likes: number, of: string) {
    const likesOf = new Map(posts.map(post => [post.id, post]))
    const rounds: number[] = []
    const ids = posts.map(post => post.id)
    const before = await placesBefore(ids, { likes, id: of }, async asked => {
      rounds.push(asked.length)
      return likesOf
    })
    return { before, rounds }
  }

  it.each([0, 1, 31, 32, 33, 60, 64, 65, 999, 1000])('finds every place among %i posts', async length => {
    const posts = ranked(length)
    for (const [at, post] of posts.entries())
      expect((await place(posts, post.count, post.id)).before).toBe(at + 1)
    expect((await place(posts, 1_000_000, id(1))).before).toBe(0)
    expect((await place(posts, 0, id(0))).before).toBe(length)
  })

  it('finds the place of a post that is not in the ranking any more', async () => {
    const posts = ranked(1000)
    const [gone] = posts.splice(500, 1)
    expect((await place(posts, gone!.count, gone!.id)).before).toBe(500)
  })

  it('asks for the likes of 32 posts twice at most, however many are ranked', async () => {
    const posts = ranked(1000)
    for (const post of posts) {
      const { rounds } = await place(posts, post.count, post.id)
      expect(rounds.length).toBeLessThanOrEqual(2)
      for (const asked of rounds) expect(asked).toBeLessThanOrEqual(32)
    }
  })

  it('ends where likes are unknown', async () => {
    const posts = ranked(1000).map(post => ({ ...post, count: null }))
    expect((await place(posts, 446, id(4000))).before).toBe(0)
  })
})
