import { describe, expect, it } from 'vitest'
import { AHEAD, likeAt, POST, type Suite, T, unlikeAt } from './harness'

const HOUR = 3_600_000_000

/** What `write` makes of a caller's op: it counts as it is, loses to a newer one, or is refused. */
export const judgement: Suite = (_, scripts) => {
  const judged = { ahead: AHEAD }

  describe('the judgement of an op', () => {
    it.each([
      ['this clock', {}, likeAt(AHEAD)],
      ['the revision of the post, of a server that is ahead', { now: T + HOUR }, likeAt(HOUR + AHEAD)],
    ])('accepts what is not too far after %s', async (_, snapshot, op) => {
      const s = scripts()
      await s.hydrate(POST, snapshot)
      expect(await s.write(POST, 'ana', op, judged)).toMatchObject({ 0: 'WARM', 3: '1', 4: String(op) })
    })

    it('goes by the revision of a post that has become cold, which others were told', async () => {
      const s = scripts()
      await s.hydrate(POST, { now: T + HOUR })
      await s.cool(POST)
      const op = likeAt(HOUR + AHEAD)
      expect(await s.write(POST, 'ana', op, { ...judged, known: 0 })).toEqual(['COLD', String(op)])
    })

    it('asks for what Postgres knows of an op from before the epoch, of a pair that is not remembered', async () => {
      const s = scripts()
      await s.hydrate(POST)
      const op = 2 * 1_700_000_000_000_000 + 1
      expect(await s.write(POST, 'ana', op, judged)).toEqual(['ASK'])
      expect(await s.write(POST, 'ana', op, { ...judged, known: op + 1 })).toMatchObject({
        0: 'WARM',
        3: '0',
      })
    })

    it.each(['pending', 'drained'])('accepts what is not too far after a %s op of the pair', async where => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(HOUR))
      if (where === 'drained') await s.drain('n1')
      const op = unlikeAt(HOUR + AHEAD)
      expect(await s.write(POST, 'ana', op, judged)).toMatchObject({ 0: 'WARM', 3: '0', 4: String(op) })
    })

    it.each(['pending', 'drained'])(
      'refuses what is too far after a %s op, the clock and the post',
      async where => {
        const s = scripts()
        await s.hydrate(POST)
        await s.write(POST, 'ana', unlikeAt(1_000))
        if (where === 'drained') await s.drain('n1')
        const before = await s.everything()
        const op = likeAt(AHEAD + 1_001)
        expect(await s.write(POST, 'ana', op, judged)).toEqual(['AHEAD', String(T + 1_000)])
        expect(await s.write(POST, 'ana', op, { ...judged, now: T + 900 })).toEqual([
          'AHEAD',
          String(T + 1_000),
        ])
        expect(await s.everything()).toEqual(before)
      },
    )

    it('tells the latest moment that is known, so that the next op beats what is there', async () => {
      const s = scripts()
      await s.hydrate(POST, { now: T + 7 })
      await s.write(POST, 'ana', unlikeAt(3), { now: T + 3 })
      expect(await s.write(POST, 'ana', likeAt(HOUR), judged)).toEqual(['AHEAD', String(T + 8)])
    })

    it('refuses a repeat of a refused op as the first time', async () => {
      const s = scripts()
      await s.hydrate(POST, { ratings: [['ana', likeAt(0)]] })
      await s.write(POST, 'ana', unlikeAt(1))
      for (let i = 0; i < 3; i++)
        expect(await s.write(POST, 'ana', likeAt(HOUR), judged)).toMatchObject({ 0: 'AHEAD' })
      expect(await s.members(POST)).toEqual([])
    })

    it('asks Postgres before it refuses the op of a pair of which Redis knows none', async () => {
      const s = scripts()
      await s.hydrate(POST, { ratings: [['ana', likeAt(HOUR)]] })
      const before = await s.everything()
      expect(await s.write(POST, 'ana', unlikeAt(HOUR + 1), judged)).toEqual(['ASK'])
      expect(await s.everything()).toEqual(before)

      const known = likeAt(HOUR)
      expect(await s.write(POST, 'ana', unlikeAt(HOUR + AHEAD + 1), { ...judged, known })).toEqual([
        'AHEAD',
        String(T + HOUR),
      ])
      const reply = await s.write(POST, 'ana', unlikeAt(HOUR + 1), { ...judged, known })
      expect(reply).toMatchObject({ 0: 'WARM', 3: '0', 4: String(unlikeAt(HOUR + 1)) })
    })

    it('asks Postgres before it refuses an op on a cold post, whose revision is not known', async () => {
      const s = scripts()
      await s.write(POST, 'ana', likeAt(1))
      expect(await s.write(POST, 'ana', unlikeAt(HOUR), judged)).toEqual(['ASK'])
      expect(await s.write(POST, 'ana', unlikeAt(HOUR), { ...judged, known: 0 })).toMatchObject({
        0: 'AHEAD',
      })
      const later = { ...judged, known: 0, now: T + HOUR }
      expect(await s.write(POST, 'ana', unlikeAt(HOUR), later)).toEqual(['COLD', String(unlikeAt(HOUR))])
    })

    it('accepts on a cold post what is not ahead of this clock, without asking', async () => {
      const s = scripts()
      expect(await s.write(POST, 'ana', likeAt(AHEAD), judged)).toEqual(['COLD', String(likeAt(AHEAD))])
    })

    it('takes over the op of Postgres where it is the newer one', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446, ratings: [['ana', likeAt(1)]] })
      const reply = await s.write(POST, 'ana', likeAt(3), { ...judged, known: unlikeAt(4) })
      expect(reply).toMatchObject({ 1: '446', 3: '0', 4: String(unlikeAt(4)) })
    })

    it('asks Postgres of an op that is older than what was forgotten', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(1))
      await s.write(POST, 'ana', unlikeAt(2))
      await s.drain('n1')
      expect(await s.write(POST, 'ana', likeAt(1), judged)).toMatchObject({ 3: '0', 4: String(unlikeAt(2)) })
      // Everything from before T + 100 is forgotten, as by a drainer that is as far from it as ops are remembered.
      await s.drain('n2', { settled: { now: 2 * (T + 200), began: 2 * (T + 200), lasts: 200 } })
      expect(await s.write(POST, 'ana', likeAt(1), judged)).toEqual(['ASK'])
      const reply = await s.write(POST, 'ana', likeAt(1), { ...judged, known: unlikeAt(2) })
      expect(reply).toMatchObject({ 3: '0', 4: String(unlikeAt(2)) })
      expect(await s.write(POST, 'ben', likeAt(100), judged)).toMatchObject({ 0: 'WARM' })
    })

    it('does not judge an op that was accepted before', async () => {
      const s = scripts()
      await s.hydrate(POST)
      expect(await s.write(POST, 'ana', likeAt(HOUR))).toMatchObject({ 0: 'WARM', 3: '1' })
    })
  })
}
