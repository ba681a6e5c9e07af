import { describe, expect, it } from 'vitest'
import { AHEAD, likeAt, POST, type Suite, T, unlikeAt } from './harness'

const HOUR = 3_600_000_000

export const presses: Suite = (redis, scripts) => {
  describe('press', () => {
    it('likes, then takes it back, with an op of the moment', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      expect(await s.press(POST, 'ana', T + 5)).toMatchObject({ 1: '447', 3: '1', 4: String(likeAt(5)) })
      expect(await s.press(POST, 'ana', T + 6)).toMatchObject({ 1: '446', 3: '0', 4: String(unlikeAt(6)) })
    })

    it('flips a member that came from Postgres', async () => {
      const s = scripts()
      await s.hydrate(POST, { ratings: [['ana', likeAt(1)]] })
      expect(await s.press(POST, 'ana', T + 5)).toMatchObject({ 1: '0', 3: '0', 4: String(unlikeAt(5)) })
    })

    it.each(['pending', 'drained'])('beats a %s op of a faster clock', async where => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(9))
      if (where === 'drained') await s.drain('n1')
      expect(await s.press(POST, 'ana', T)).toMatchObject({ 3: '0', 4: String(unlikeAt(10)) })
    })

    it('flips a pending op on a cold post', async () => {
      const s = scripts()
      await s.write(POST, 'ana', likeAt(1))
      expect(await s.press(POST, 'ana', T + 5)).toEqual(['COLD', String(unlikeAt(5))])
      expect(await s.pending()).toEqual([`${POST}|ana|${unlikeAt(5)}`])
    })

    it('accepts nothing on a cold post of which nothing is known', async () => {
      const s = scripts()
      expect(await s.press(POST, 'ana', T)).toEqual(['COLD', '0'])
      expect(await s.everything()).toEqual({})
    })

    it.each([
      ['never pressed', 0, likeAt(5)],
      ['liked', likeAt(1), unlikeAt(5)],
      ['taken back', unlikeAt(1), likeAt(5)],
      ['liked on a faster clock', likeAt(9), unlikeAt(10)],
    ])('flips what Postgres has of a pair on a cold post: %s', async (_, known, op) => {
      const s = scripts()
      expect(await s.press(POST, 'ana', T + 5, { known })).toEqual(['COLD', String(op)])
      expect(await s.pending()).toEqual([`${POST}|ana|${op}`])
    })

    it('flips what is pending on a cold post when Postgres is behind', async () => {
      const s = scripts()
      await s.write(POST, 'ana', likeAt(2))
      expect(await s.press(POST, 'ana', T + 5, { known: unlikeAt(1) })).toEqual(['COLD', String(unlikeAt(5))])
    })

    it('flips what is shown when a pending op is older than a rating', async () => {
      const s = scripts()
      await s.write(POST, 'ana', unlikeAt(1))
      await s.hydrate(POST, { ratings: [['ana', likeAt(2)]] })
      expect(await s.press(POST, 'ana', T + 5)).toMatchObject({ 1: '0', 3: '0' })
    })

    it.each([
      ['1', likeAt(5)],
      ['0', unlikeAt(5)],
    ] as const)('makes the pair what is wanted, whatever it was: %s', async (wanted, op) => {
      const s = scripts()
      await s.hydrate(POST, { ratings: [['liked', likeAt(1)]] })
      for (const session of ['liked', 'never']) {
        const reply = await s.press(POST, session, T + 5, { wanted })
        expect(reply).toMatchObject({ 0: 'WARM', 3: wanted, 4: String(op) })
      }
    })

    it('gives a call that arrives again the op of the first time, and changes nothing', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      for (const wanted of ['flip', '1', '0'] as const) {
        const first = await s.press(POST, 'ana', T + 5, { wanted, call: wanted })
        const before = await s.everything()
        expect(await s.press(POST, 'ana', T + 5, { wanted, call: wanted })).toEqual(first)
        expect(await s.everything()).toEqual(before)
      }
    })

    it.each(['flip', '0'] as const)('never beats what was pressed after the first time: %s', async wanted => {
      const s = scripts()
      await s.hydrate(POST, { base: 446, ratings: [['ana', likeAt(1)]] })
      await s.press(POST, 'ana', T + 5, { wanted, call: 'slow' })
      await s.write(POST, 'ana', likeAt(6))
      const before = await s.everything()
      const late = await s.press(POST, 'ana', T + 5, { wanted, call: 'slow' })
      expect(late).toMatchObject({ 1: '447', 3: '1', 4: String(likeAt(6)) })
      expect(await s.everything()).toEqual(before)
    })

    it('presses on the repeat when the first time had not arrived, also on a clock that is behind', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      await s.write(POST, 'ana', likeAt(30_000_000), { now: T + 30_000_000 })
      const reply = await s.press(POST, 'ana', T, { wanted: '0' })
      expect(reply).toMatchObject({ 1: '446', 3: '0', 4: String(unlikeAt(30_000_001)) })
    })

    it('gives an op of now where another server is a little ahead: its op would beat later presses', async () => {
      const s = scripts()
      await s.hydrate(POST, { now: T + AHEAD })
      expect(await s.press(POST, 'ana', T, { wanted: '1' })).toMatchObject({ 4: String(likeAt(0)) })
    })

    it('asks for what may be forgotten here when the clock is behind by more', async () => {
      const s = scripts()
      await s.hydrate(POST, { ratings: [['ana', likeAt(HOUR)]], now: T + HOUR })
      const before = await s.everything()
      expect(await s.press(POST, 'ana', T, { wanted: '0' })).toEqual(['ASK'])
      expect(await s.everything()).toEqual(before)
      const known = likeAt(HOUR)
      const reply = await s.press(POST, 'ana', T, { wanted: '0', known })
      expect(reply).toMatchObject({ 0: 'WARM', 3: '0', 4: String(unlikeAt(HOUR + 1)) })
    })

    it('is later than every op of the post when Postgres does not answer', async () => {
      const s = scripts()
      await s.hydrate(POST, { ratings: [['ana', likeAt(HOUR)]], now: T + HOUR })
      const reply = await s.press(POST, 'ana', T, { wanted: '0', known: '?' })
      expect(reply).toMatchObject({ 3: '0', 4: String(unlikeAt(HOUR + AHEAD + 1)) })
      expect(await s.press(POST, 'ana', T, { wanted: '1' })).toMatchObject({
        3: '1',
        4: String(likeAt(HOUR + AHEAD + 2)),
      })
    })

    it('forgets its calls after a while', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.press(POST, 'ana', T, { call: 'one' })
      const left = Number(await redis().command('PTTL', s.keys.call('one')))
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(30_000)
    })
  })
}
