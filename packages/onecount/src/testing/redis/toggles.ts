import { describe, expect, it } from 'vitest'
import { likeAt, POST, type Suite, T, unlikeAt } from './harness'

export const toggles: Suite = (_, scripts) => {
  describe('toggle', () => {
    it('likes, then takes it back, with an op of the moment', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      expect(await s.toggle(POST, 'ana', T + 5)).toMatchObject({ 1: '447', 3: '1', 4: String(likeAt(5)) })
      expect(await s.toggle(POST, 'ana', T + 6)).toMatchObject({ 1: '446', 3: '0', 4: String(unlikeAt(6)) })
    })

    it('flips a member that came from Postgres', async () => {
      const s = scripts()
      await s.hydrate(POST, { ratings: [['ana', likeAt(1)]] })
      expect(await s.toggle(POST, 'ana', T + 5)).toMatchObject({ 1: '0', 3: '0', 4: String(unlikeAt(5)) })
    })

    it.each(['pending', 'drained'])('beats a %s op of a faster clock', async where => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(9))
      if (where === 'drained') await s.drain('n1')
      expect(await s.toggle(POST, 'ana', T)).toMatchObject({ 3: '0', 4: String(unlikeAt(10)) })
    })

    it('flips a pending op on a cold post', async () => {
      const s = scripts()
      await s.write(POST, 'ana', likeAt(1))
      expect(await s.toggle(POST, 'ana', T + 5)).toEqual(['COLD', String(unlikeAt(5))])
      expect(await s.pending()).toEqual([`${POST}|ana|${unlikeAt(5)}`])
    })

    it('accepts nothing on a cold post of which nothing is known', async () => {
      const s = scripts()
      expect(await s.toggle(POST, 'ana', T)).toEqual(['COLD', '0'])
      expect(await s.everything()).toEqual({})
    })

    it.each([
      ['never pressed', 0, likeAt(5)],
      ['liked', likeAt(1), unlikeAt(5)],
      ['taken back', unlikeAt(1), likeAt(5)],
      ['liked on a faster clock', likeAt(9), unlikeAt(10)],
    ])('flips what Postgres has of a pair on a cold post: %s', async (_, known, op) => {
      const s = scripts()
      expect(await s.toggle(POST, 'ana', T + 5, { known })).toEqual(['COLD', String(op)])
      expect(await s.pending()).toEqual([`${POST}|ana|${op}`])
    })

    it('flips what is pending on a cold post when Postgres is behind', async () => {
      const s = scripts()
      await s.write(POST, 'ana', likeAt(2))
      expect(await s.toggle(POST, 'ana', T + 5, { known: unlikeAt(1) })).toEqual([
        'COLD',
        String(unlikeAt(5)),
      ])
    })

    it('flips what is shown when a pending op is older than a rating', async () => {
      const s = scripts()
      await s.write(POST, 'ana', unlikeAt(1))
      await s.hydrate(POST, { ratings: [['ana', likeAt(2)]] })
      expect(await s.toggle(POST, 'ana', T + 5)).toMatchObject({ 1: '0', 3: '0' })
    })

    it('takes an op of Postgres for its own when it is repeated on a cold post', async () => {
      const s = scripts()
      const known = likeAt(5)
      expect(await s.toggle(POST, 'ana', T + 5, { again: true, known })).toEqual(['COLD', String(known)])
      expect(await s.pending()).toEqual([])
    })

    it('does not flip a second time when it is repeated after an unknown outcome', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      const first = await s.toggle(POST, 'ana', T + 5)
      const before = await s.everything()
      expect(await s.toggle(POST, 'ana', T + 5, { again: true })).toEqual(first)
      expect(await s.everything()).toEqual(before)
    })

    it('flips on the repeat when the first time had not arrived', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      await s.write(POST, 'ana', likeAt(4))
      expect(await s.toggle(POST, 'ana', T + 5, { again: true })).toMatchObject({ 1: '446', 3: '0' })
    })
  })
}
