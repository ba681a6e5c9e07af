import { describe, expect, it } from 'vitest'
import { AHEAD, HOUR, likeAt, POST, type Suite, T, unlikeAt } from './harness'

/** What `write` makes of a caller's op: it counts as it is, loses to a newer one, or is refused. */
export const judgement: Suite = (_, harness) => {
  const judged = { ahead: AHEAD }

  describe('the judgement of an op', () => {
    it.each([
      ['this clock', T, likeAt(AHEAD)],
      ['the revision of the post, of a server that is ahead', T + HOUR, likeAt(HOUR + AHEAD)],
    ])('accepts an op that is not too far after %s', async (_, now, op) => {
      const s = harness()
      await s.warm({}, { ana: [] })
      await s.hydrate(POST, 0, { now })
      expect(await s.write(POST, 'ana', op, judged)).toMatchObject({ 0: 'WARM', 3: '1', 4: String(op) })
    })

    it.each(['pending', 'drained'])(
      'accepts an op that is not too far after a %s op of the pair',
      async where => {
        const s = harness()
        await s.warm({ [POST]: 0 }, { ana: [] })
        await s.write(POST, 'ana', likeAt(HOUR))
        if (where === 'drained') await s.drain({ likes: { [POST]: 1 } })
        const op = unlikeAt(HOUR + AHEAD)
        expect(await s.write(POST, 'ana', op, judged)).toMatchObject({ 0: 'WARM', 3: '0', 4: String(op) })
      },
    )

    it('accepts an op that is not too far after one that Postgres holds of the pair', async () => {
      const s = harness()
      await s.warm({ [POST]: 1 }, { ana: [[POST, likeAt(HOUR)]] })
      const op = unlikeAt(HOUR + AHEAD)
      expect(await s.write(POST, 'ana', op, judged)).toMatchObject({ 0: 'WARM', 1: '0', 4: String(op) })
    })

    it.each(['pending', 'drained'])(
      'refuses an op that is too far after a %s op, the clock and the post',
      async where => {
        const s = harness()
        await s.warm({ [POST]: 0 }, { ana: [] })
        await s.write(POST, 'ana', unlikeAt(1_000))
        if (where === 'drained') await s.drain({ likes: { [POST]: 0 } })
        const before = await s.everything()
        const op = likeAt(AHEAD + 1_001)
        for (const now of [T, T + 900])
          expect(await s.write(POST, 'ana', op, { ...judged, now })).toEqual(['AHEAD', String(T + 1_000)])
        expect(await s.everything()).toEqual(before)
      },
    )

    it('tells the latest known moment, so that the next op beats the one of the pair', async () => {
      const s = harness()
      await s.warm({}, { ana: [] })
      await s.hydrate(POST, 0, { now: T + 7 })
      await s.write(POST, 'ana', unlikeAt(3), { now: T + 3 })
      expect(await s.write(POST, 'ana', likeAt(HOUR), judged)).toEqual(['AHEAD', String(T + 8)])
    })

    it('refuses a repeat of a refused op as the first time', async () => {
      const s = harness()
      await s.warm({ [POST]: 1 }, { ana: [[POST, likeAt(0)]] })
      await s.write(POST, 'ana', unlikeAt(1))
      for (let i = 0; i < 3; i++)
        expect(await s.write(POST, 'ana', likeAt(HOUR), judged)).toMatchObject({ 0: 'AHEAD' })
      expect(await s.shown(POST)).toMatchObject({ count: 0 })
    })

    it('leaves it to Postgres where post or pair are not known here', async () => {
      const s = harness()
      await s.warm({ [POST]: 1 })
      const before = await s.everything()
      const op = likeAt(HOUR)
      expect(await s.write(POST, 'ana', op, judged)).toEqual(['HYDRATE', 'pair'])
      expect(await s.write(POST, 'ana', op, { ...judged, accept: 'any' })).toEqual(['ASK'])
      expect(await s.everything()).toEqual(before)
    })

    it('accepts without knowing the pair an op that is not ahead of this clock', async () => {
      const s = harness()
      const op = likeAt(AHEAD)
      expect(await s.write(POST, 'ana', op, { ...judged, accept: 'any' })).toEqual(['COLD', String(op)])
    })

    it('goes by the revision of a post that has become cold, which others were told', async () => {
      const s = harness()
      await s.warm({}, { ana: [] })
      await s.hydrate(POST, 0, { now: T + HOUR })
      await s.cool(POST)
      const op = likeAt(HOUR + AHEAD)
      expect(await s.write(POST, 'ana', op, { ...judged, accept: 'any' })).toEqual(['COLD', String(op)])
    })

    it('does not judge an op that was accepted before', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [] })
      expect(await s.write(POST, 'ana', likeAt(HOUR))).toMatchObject({ 0: 'WARM', 3: '1' })
    })
  })
}
