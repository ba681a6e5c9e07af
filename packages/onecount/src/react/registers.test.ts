import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LikeInput, type LikesEntry, mergeLikes, REGISTER_TTL_MS } from './registers'

const NOW = 1_000_000
const input = (rev: number, more: Partial<LikeInput> = {}): LikeInput => ({ rev, source: 'redis', ...more })
const merge = (inputs: LikeInput[], at = NOW) =>
  inputs.reduce<LikesEntry | undefined>((entry, next) => mergeLikes(entry, next, at), undefined)!

/** What a post really was at each revision: one history that every input tells a part of. */
const history = fc.array(fc.record({ count: fc.nat(1000), liked: fc.boolean() }), {
  minLength: 1,
  maxLength: 12,
})
const told = history.chain(states =>
  fc.record({
    states: fc.constant(states),
    inputs: fc.array(
      fc.record({ rev: fc.nat(states.length - 1), count: fc.boolean(), liked: fc.boolean() }),
      { minLength: 1, maxLength: 20 },
    ),
  }),
)

describe('merging into the registers', () => {
  it('ends in the same state for every order of inputs', () => {
    fc.assert(
      fc.property(told, fc.infiniteStream(fc.nat()), ({ states, inputs }, random) => {
        const heard = inputs.map(({ rev, count, liked }) =>
          input(rev + 1, {
            count: count ? states[rev]!.count : null,
            liked: liked ? states[rev]!.liked : null,
          }),
        )
        const shuffled = heard
          .map(one => ({ one, at: random.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one)
        const { source: _, ...inOrder } = merge(heard)
        const { source: __, ...outOfOrder } = merge(shuffled)
        expect(outOfOrder).toEqual(inOrder)
      }),
    )
  })

  it('never goes back to an older revision, and hearing a thing twice changes nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ rev: fc.nat(50), count: fc.nat(99) }), { minLength: 1 }), inputs => {
        let entry: LikesEntry | undefined
        for (const next of inputs) {
          const merged = mergeLikes(entry, input(next.rev, next), NOW)
          expect(merged.countRev).toBeGreaterThanOrEqual(entry?.countRev ?? 0)
          expect(mergeLikes(merged, input(next.rev, next), NOW)).toBe(merged)
          entry = merged
        }
      }),
    )
  })

  it("keeps one's own newer liked when another person's event has a newer count", () => {
    const own = merge([input(10, { count: 447, liked: true })])
    const after = mergeLikes(own, input(12, { count: 448 }), NOW)
    expect(mergeLikes(after, input(11, { count: 446, liked: false }), NOW)).toMatchObject({
      count: 448,
      liked: false,
      likedRev: 11,
    })
  })

  it('takes an older revision from a register that has been silent, but never from a cache', () => {
    const entry = merge([input(100, { count: 447, liked: true })])
    const later = NOW + REGISTER_TTL_MS + 1
    const older = input(50, { count: 440, liked: false })
    expect(mergeLikes(entry, older, NOW)).toBe(entry)
    expect(mergeLikes(entry, older, later)).toMatchObject({ count: 440, liked: false })
    expect(mergeLikes(entry, { ...older, cached: true }, later)).toBe(entry)
  })

  it('keeps the count and says that it is the last known one when the server knows none', () => {
    const entry = merge([input(10, { count: 447 })])
    expect(mergeLikes(entry, { rev: 0, count: null, source: 'unknown' }, NOW)).toMatchObject({
      count: 447,
      source: 'last-known',
    })
    expect(merge([{ rev: 0, count: null, source: 'unknown' }])).toMatchObject({
      count: null,
      source: 'unknown',
    })
  })

  describe('a count that Redis is not sure of', () => {
    const exact = merge([input(10, { count: 447, liked: false })])
    const lagging = (rev: number, more: Partial<LikeInput> = {}) => input(rev, { source: 'lagging', ...more })

    it('says nothing of a revision whose exact count is known, at any time', () => {
      expect(mergeLikes(exact, lagging(10, { count: 448 }), NOW)).toBe(exact)
      const later = NOW + REGISTER_TTL_MS + 1
      expect(mergeLikes(exact, lagging(10, { count: 448 }), later)).toBe(exact)
    })

    it('brings its heart all the same', () => {
      const entry = mergeLikes(exact, lagging(10, { count: 448, liked: true, op: 21 }), NOW)
      expect(entry).toMatchObject({ count: 447, source: 'redis', liked: true, op: 21 })
    })

    it('wins with a newer revision, and is replaced by the exact one of the same', () => {
      const entry = mergeLikes(exact, lagging(11, { count: 448 }), NOW)
      expect(entry).toMatchObject({ count: 448, countRev: 11, source: 'lagging' })
      expect(mergeLikes(entry, input(11, { count: 448 }), NOW)).toMatchObject({ source: 'redis' })
      expect(mergeLikes(entry, input(10, { count: 447 }), NOW)).toBe(entry)
    })

    it('wins where no exact count of its revision is known', () => {
      expect(merge([lagging(10, { count: 447 })])).toMatchObject({ count: 447, source: 'lagging' })
      const ofPostgres = merge([input(10, { count: 446, source: 'postgres' })])
      expect(mergeLikes(ofPostgres, lagging(10, { count: 447 }), NOW)).toMatchObject({ source: 'lagging' })
    })
  })
})
