import { describe, expect, it } from 'vitest'
import type { Applied } from './settlement'
import { lostOf, settlementOf } from './settlement'

/** As Redis hands it out. */
const memberOf = (postId: string, sessionId: string, op: number) => `${postId}|${sessionId}|${op}|7|1|epoch`
const entry = (postId: string, sessionId: string, op: number) => ({
  postId,
  sessionId,
  op,
  rev: 7,
  member: memberOf(postId, sessionId, op),
})
const row = (postId: string, sessionId: string, op: number) => ({ postId, sessionId, op })
const refusal = (postId: string, sessionId: string, op: number, known: number) => ({
  ...row(postId, sessionId, op),
  known,
  sqlstate: '23514',
  message: 'no',
})

function answer(part: Partial<Applied>, likes: Record<string, number>): Applied {
  const posts = Object.entries(likes).map(([postId, likes]) => ({ postId, likes }))
  return { status: 'applied', receipt: 'n/r', rows: [], refused: [], ...part, posts }
}

/** What a slice says of each pair, by names in place of places. */
const pairsOf = ({ landed, told, sessions, mirrors, posts }: ReturnType<typeof settlementOf>[number]) => {
  const nameOf = (post: unknown, session: unknown) =>
    `${[...posts.keys()][Number(post) - 1]}|${sessions[Number(session) - 1]}`
  const asHandedOut = Array.from({ length: landed.length / 3 }, (_, i) => {
    const [post, session, member] = landed.slice(3 * i, 3 * i + 3)
    return { pair: nameOf(post, session), member }
  })
  const others = Array.from({ length: told.length / 7 }, (_, i) => {
    const [post, session, mirror, postId, sessionId, op, refused] = told.slice(7 * i, 7 * i + 7)
    const pair = nameOf(post, session)
    expect(pair).toBe(`${postId}|${sessionId}`)
    if (mirror !== 0) expect(mirrors[Number(mirror) - 1]).toBe(sessionId)
    return { pair, op, refused, isNews: mirror !== 0 }
  })
  return [...asHandedOut, ...others]
}

describe('a settlement', () => {
  it('tells of an empty batch in one slice, the last', () => {
    expect(settlementOf([], answer({}, {}), 100)).toEqual([
      { range: '0-0!', posts: new Map(), sessions: [], mirrors: [], landed: [], told: [] },
    ])
  })

  it('has for every entry the op that Postgres holds, and the likes of each post', () => {
    const [slice, ...more] = settlementOf(
      [entry('b', 'ana', 3), entry('a', 'ana', 5), entry('a', 'ben', 2)],
      answer({}, { a: 10, b: 20 }),
      100,
    )
    expect(more).toEqual([])
    expect(slice).toMatchObject({ range: '0-3!', sessions: ['ana', 'ben'], mirrors: [] })
    expect([...slice!.posts]).toEqual([
      ['a', 10],
      ['b', 20],
    ])
    expect(pairsOf(slice!)).toEqual([
      { pair: 'a|ana', member: memberOf('a', 'ana', 5) },
      { pair: 'a|ben', member: memberOf('a', 'ben', 2) },
      { pair: 'b|ana', member: memberOf('b', 'ana', 3) },
    ])
  })

  it('lets the greater op of an entry and its rows win, once for a pair, and as news', () => {
    const [slice] = settlementOf(
      [entry('a', 'ana', 5), entry('a', 'ben', 9)],
      answer({ rows: [row('a', 'ana', 8), row('a', 'ben', 4), row('a', 'eva', 1)] }, { a: 1 }),
      100,
    )
    expect(pairsOf(slice!)).toEqual([
      { pair: 'a|ana', op: 8, refused: '', isNews: true },
      { pair: 'a|ben', op: 9, refused: '', isNews: true },
      { pair: 'a|eva', op: 1, refused: '', isNews: true },
    ])
    expect(slice!.mirrors).toEqual(['ana', 'ben', 'eva'])
  })

  it('has for a refused entry the op that Postgres holds in its place', () => {
    const [slice] = settlementOf(
      [entry('a', 'ana', 5), entry('a', 'ben', 7)],
      answer({ refused: [refusal('a', 'ana', 5, 2), refusal('a', 'ben', 7, 0)] }, { a: 1 }),
      100,
    )
    expect(pairsOf(slice!)).toEqual([
      { pair: 'a|ana', op: 2, refused: 5, isNews: true },
      { pair: 'a|ben', op: 0, refused: 7, isNews: true },
    ])
  })

  it('tells of a post that is not there that it is gone, and of one that was set by hand to forget it', () => {
    const [slice] = settlementOf(
      [entry('a', 'ana', 5)],
      answer({ rows: [row('b', '', 0), row('c', '', 0)] }, { b: 12 }),
      100,
    )
    expect([...slice!.posts]).toEqual([
      ['a', 'gone'],
      ['b', '!12'],
      ['c', 'gone'],
    ])
    expect(pairsOf(slice!)).toEqual([{ pair: 'a|ana', member: memberOf('a', 'ana', 5) }])
  })

  describe('in slices', () => {
    const entries = ['a', 'a', 'a', 'b', 'c'].map((postId, i) => entry(postId, `s${i}`, 2 * i + 1))
    const likes = { a: 3, b: 1, c: 1 }

    it('has each pair in one of them, in ranges that follow each other, and the last one is marked', () => {
      const slices = settlementOf(entries, answer({}, likes), 2)
      expect(slices.map(({ range }) => range)).toEqual(['0-2', '2-4', '4-5!'])
      expect(slices.flatMap(pairsOf).map(({ pair }) => pair)).toEqual([
        'a|s0',
        'a|s1',
        'a|s2',
        'b|s3',
        'c|s4',
      ])
    })

    it('tells the likes of a post with its last pair, and until then that a later one tells', () => {
      const told = settlementOf(entries, answer({}, likes), 2).map(({ posts }) => Object.fromEntries(posts))
      expect(told).toEqual([{ a: '?' }, { a: 3, b: 1 }, { c: 1 }])
    })

    it('says in each slice of a post that it is gone, or to be forgotten', () => {
      const gone = settlementOf(entries, answer({ rows: [row('a', '', 0)] }, { a: 9, c: 1 }), 2)
      expect(gone.map(({ posts }) => Object.fromEntries(posts))).toEqual([
        { a: '!9' },
        { a: '!9', b: 'gone' },
        { c: 1 },
      ])
    })

    it('tells of posts without pairs in the last one', () => {
      const slices = settlementOf(entries, answer({ rows: [row('0', '', 0)] }, { ...likes, 0: 4 }), 4)
      expect(slices.map(({ posts }) => [...posts.keys()])).toEqual([
        ['a', 'b'],
        ['c', '0'],
      ])
    })

    it('numbers posts, sessions and mirrors within the slice', () => {
      const slices = settlementOf(
        [entry('a', 'x', 1), entry('b', 'x', 3), entry('b', 'y', 5)],
        answer({ rows: [row('b', 'y', 6)] }, { a: 1, b: 1 }),
        1,
      )
      expect(slices.map(({ landed, told }) => [landed.slice(0, 2), told.slice(0, 3)])).toEqual([
        [[1, 1], []],
        [[1, 1], []],
        [[], [1, 1, 1]],
      ])
      expect(slices.map(({ sessions, mirrors }) => [sessions, mirrors])).toEqual([
        [['x'], []],
        [['x'], []],
        [['y'], ['y']],
      ])
    })
  })
})

describe('an op of a batch that Postgres does not hold', () => {
  const isLost = lostOf(answer({ refused: [refusal('a', 'ana', 5, 2)] }, { a: 1 }))

  it('is one that it refused, and that op alone', () => {
    expect(isLost(row('a', 'ana', 5))).toBe(true)
    expect(isLost(row('a', 'ana', 3))).toBe(false)
    expect(isLost(row('a', 'ben', 5))).toBe(false)
  })

  it('is one on a post that is gone', () => {
    expect(isLost(row('b', 'ben', 5))).toBe(true)
  })
})
