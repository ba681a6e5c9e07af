import { describe, expect, it } from 'vitest'
import { AHEAD, HOUR, likeAt, POST, type Suite, T, unlikeAt } from './harness'

export const presses: Suite = (redis, harness) => {
  describe('press', () => {
    it('likes, then takes it back, with an op of the moment', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      const first = await s.press(POST, 'ana', 'flip', { now: T + 5 })
      expect(first).toEqual(['WARM', '447', String(T + 5), '1', String(likeAt(5)), '0', '1'])
      const second = await s.press(POST, 'ana', 'flip', { now: T + 6 })
      expect(second).toEqual(['WARM', '446', String(T + 6), '0', String(unlikeAt(6)), '0', '1'])
    })

    it('flips a like that came from Postgres', async () => {
      const s = harness()
      await s.warm({ [POST]: 1 }, { ana: [[POST, likeAt(1)]] })
      const reply = await s.press(POST, 'ana', 'flip', { now: T + 5 })
      expect(reply).toMatchObject({ 1: '0', 3: '0', 4: String(unlikeAt(5)) })
    })

    it.each(['pending', 'drained', 'from Postgres'])('beats an op of a faster clock: %s', async where => {
      const s = harness()
      const isHeld = where === 'from Postgres'
      await s.warm({ [POST]: isHeld ? 1 : 0 }, { ana: isHeld ? [[POST, likeAt(9)]] : [] })
      if (!isHeld) await s.write(POST, 'ana', likeAt(9))
      if (where === 'drained') await s.drain({ likes: { [POST]: 1 } })
      expect(await s.press(POST, 'ana', 'flip')).toMatchObject({ 1: '0', 3: '0', 4: String(unlikeAt(10)) })
    })

    it.each([
      ['1', likeAt(5)],
      ['0', unlikeAt(5)],
    ] as const)('sets the pair to the wanted state, whatever it was: %s', async (wanted, op) => {
      const s = harness()
      await s.warm({ [POST]: 1 }, { liked: [[POST, likeAt(1)]], never: [] })
      for (const session of ['liked', 'never']) {
        const reply = await s.press(POST, session, wanted, { now: T + 5 })
        expect(reply).toMatchObject({ 0: 'WARM', 3: wanted, 4: String(op), 6: '1' })
      }
      expect(await s.shown(POST)).toMatchObject({ count: wanted === '1' ? 2 : 0 })
    })

    it('gives a call that arrives again the op of the first time, and changes nothing', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      for (const wanted of ['flip', '1', '0'] as const) {
        const first = await s.press(POST, 'ana', wanted, { now: T + 5, call: wanted })
        const before = await s.everything()
        expect(await s.press(POST, 'ana', wanted, { now: T + 5, call: wanted })).toEqual(first)
        expect(await s.everything()).toEqual(before)
      }
    })

    it('finds the op of the first time although the pair has become unknown since', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.press(POST, 'ana', 'flip', { call: 'slow' })
      await s.drain({ likes: { [POST]: 447 } })
      await redis().command('DEL', s.keys.ops('ana'))
      const reply = await s.press(POST, 'ana', 'flip', { call: 'slow', now: T + 9 })
      expect(reply).toMatchObject({ 0: 'WARM', 3: '1', 4: String(likeAt(0)) })
    })

    it.each(['flip', '0'] as const)('never beats a press after the first time: %s', async wanted => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [[POST, likeAt(1)]] })
      await s.press(POST, 'ana', wanted, { now: T + 5, call: 'slow' })
      await s.write(POST, 'ana', likeAt(6))
      const before = await s.everything()
      const late = await s.press(POST, 'ana', wanted, { now: T + 5, call: 'slow' })
      expect(late).toMatchObject({ 1: '446', 3: '1', 4: String(likeAt(6)) })
      expect(await s.everything()).toEqual(before)
    })

    it('presses on the repeat when the first time had not arrived, also on a clock that is behind', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(HOUR), { now: T + HOUR })
      const reply = await s.press(POST, 'ana', '0')
      expect(reply).toMatchObject({ 1: '446', 3: '0', 4: String(unlikeAt(HOUR + 1)) })
    })

    it('keeps a call for a while', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [] })
      await s.press(POST, 'ana', '1', { call: 'one', keep: 30_000 })
      const left = Number(await redis().command('PTTL', s.keys.call('one')))
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(30_000)
    })
  })

  describe('a press without an op, of an unknown pair', () => {
    const any = { accept: 'any' } as const

    it('does not flip an unknown pair, and leaves no key', async () => {
      const s = harness()
      expect(await s.press(POST, 'ana', 'flip', any)).toEqual(['ASK'])
      expect(await s.everything()).toEqual({})
    })

    it('flips a pending op on a cold post', async () => {
      const s = harness()
      await s.write(POST, 'ana', likeAt(1), any)
      expect(await s.press(POST, 'ana', 'flip')).toEqual(['HYDRATE', 'post'])
      const reply = await s.press(POST, 'ana', 'flip', { ...any, now: T + 5 })
      expect(reply).toEqual(['COLD', String(unlikeAt(5))])
      expect(await s.pending()).toEqual([`${POST}|ana|${unlikeAt(5)}`])
    })

    it('sets an unknown pair to the wanted state, by a guess', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 })
      const reply = await s.press(POST, 'ana', '1', any)
      expect(reply).toMatchObject({ 0: 'WARM', 1: '447', 4: String(likeAt(0)), 6: '0' })
    })

    it('gives an op of now where another server is a little ahead: its op would beat later presses', async () => {
      const s = harness()
      await s.begin()
      await s.hydrate(POST, 0, { now: T + AHEAD })
      expect(await s.press(POST, 'ana', '1', any)).toMatchObject({ 4: String(likeAt(0)) })
    })

    it('is later than every op of the post when the clock is behind by more', async () => {
      const s = harness()
      await s.begin()
      await s.hydrate(POST, 1, { now: T + HOUR })
      const reply = await s.press(POST, 'ana', '0', any)
      expect(reply).toMatchObject({ 3: '0', 4: String(unlikeAt(HOUR + AHEAD + 1)) })
      const next = await s.press(POST, 'ana', '1', any)
      expect(next).toMatchObject({ 3: '1', 4: String(likeAt(HOUR + AHEAD + 2)) })
    })
  })
}
