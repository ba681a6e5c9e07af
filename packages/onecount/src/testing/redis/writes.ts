import { describe, expect, it } from 'vitest'
import { HOUR, likeAt, OTHER_POST, POST, type Suite, T, unlikeAt } from './harness'

export const writes: Suite = (redis, harness) => {
  describe('write', () => {
    it('counts a like, adds it to the session, and holds the op until Postgres has it', async () => {
      const s = harness()
      const epoch = await s.warm({ [POST]: 446 }, { ana: [] })
      const reply = await s.write(POST, 'ana', likeAt(5), { now: T + 5 })
      expect(reply).toEqual(['WARM', '447', String(T + 5), '1', String(likeAt(5)), '0', '1'])
      expect(await s.queue()).toEqual([`${POST}|ana|${likeAt(5)}|${T + 5}|1|${epoch}`])
      expect(await s.shown(POST, 'ana')).toEqual({ count: 447, rev: T + 5, guesses: 0, op: `${likeAt(5)}p` })
    })

    it('takes a like back that came from Postgres', async () => {
      const s = harness()
      await s.warm({ [POST]: 447 }, { ana: [[POST, likeAt(1)]] })
      const reply = await s.write(POST, 'ana', unlikeAt(5), { now: T + 5 })
      expect(reply).toEqual(['WARM', '446', String(T + 5), '0', String(unlikeAt(5)), '0', '1'])
    })

    it('answers a repeat as the first time and changes nothing', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      const first = await s.write(POST, 'ana', likeAt(5), { now: T + 5 })
      const before = await s.everything()
      expect(await s.write(POST, 'ana', likeAt(5), { now: T + 9 })).toEqual(first)
      expect(await s.everything()).toEqual(before)
    })

    it.each(['pending', 'drained'])('ignores an op older than a %s one and tells the newer', async where => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', unlikeAt(5))
      if (where === 'drained') await s.drain({ likes: { [POST]: 446 } })
      const before = await s.everything()
      const reply = await s.write(POST, 'ana', likeAt(4), { now: T + 9 })
      expect(reply).toMatchObject({
        1: '446',
        3: '0',
        4: String(unlikeAt(5)),
        5: where === 'drained' ? '1' : '0',
      })
      expect(await s.everything()).toEqual(before)
    })

    it('holds one pending op a pair, the greatest, with what all of them change together', async () => {
      const s = harness()
      const epoch = await s.warm({ [POST]: 446 }, { ana: [] })
      for (const [i, op] of [likeAt(1), unlikeAt(2), likeAt(3), unlikeAt(1)].entries())
        await s.write(POST, 'ana', op, { now: T + i })
      expect(await s.queue()).toEqual([`${POST}|ana|${likeAt(3)}|${T + 3}|1|${epoch}`])
      expect(await s.shown(POST)).toMatchObject({ count: 447 })
      await s.write(POST, 'ana', unlikeAt(4))
      expect(await s.queue()).toEqual([`${POST}|ana|${unlikeAt(4)}|${T + 4}|0|${epoch}`])
      expect(await s.shown(POST)).toMatchObject({ count: 446 })
    })

    it('leaves the count alone when the pair stays as it is, and raises the revision: no op is later', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', unlikeAt(1), { now: T + 1 })
      await s.write(POST, 'ana', likeAt(2), { now: T + 2 })
      const reply = await s.write(POST, 'ana', likeAt(3), { now: T + 3 })
      expect(reply).toMatchObject({ 1: '447', 2: String(T + 3), 4: String(likeAt(3)) })
    })

    it('lets the revision grow with every change, on a slow clock too', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [], ben: [] })
      const slow = { now: T - HOUR }
      expect(await s.write(POST, 'ana', likeAt(1), slow)).toMatchObject({ 2: String(T + 1) })
      expect(await s.write(POST, 'ben', likeAt(1), slow)).toMatchObject({ 2: String(T + 2) })
    })

    it('does not mix up sessions whose ids begin alike, nor posts', async () => {
      const s = harness()
      const sessions = ['s1', 's10', 's1:0', 's1-', 's1.', 's']
      await s.warm({ [POST]: 0, [OTHER_POST]: 0 }, Object.fromEntries(sessions.map(id => [id, []])))
      for (const session of sessions) await s.write(POST, session, likeAt(3))
      await s.write(POST, 's1', unlikeAt(4))
      await s.write(OTHER_POST, 's1', likeAt(1))
      expect(await s.likers(POST)).toEqual(['s', 's1-', 's1.', 's10', 's1:0'])
      expect(await s.shown(POST, 's1')).toMatchObject({ count: 5, op: `${unlikeAt(4)}p` })
      expect(await s.shown(OTHER_POST, 's1')).toMatchObject({ count: 1, op: `${likeAt(1)}p` })
      expect(await s.pending()).toHaveLength(7)
    })

    it('handles ops and revisions up to 2^53 to the last digit', async () => {
      const s = harness()
      const largest = Number.MAX_SAFE_INTEGER
      await s.warm({}, { ana: [] })
      await s.hydrate(POST, 0, { now: largest - 1 })
      const reply = await s.write(POST, 'ana', largest)
      expect(reply).toMatchObject({ 2: '9007199254740991', 4: '9007199254740991' })
      await s.drain({ likes: { [POST]: 1 } })
      expect(await s.read([POST], 'ana')).toMatch(
        /^[^;]*;1\|9007199254740991\|0\|0\|[^;]*;[^;]*;9007199254740991$/,
      )
    })
  })

  describe('a press of an unknown pair or post', () => {
    it('is not accepted unless the call allows it, and leaves no key', async () => {
      const s = harness()
      expect(await s.write(POST, 'ana', likeAt(1))).toEqual(['HYDRATE', 'post'])
      expect(await s.press(POST, 'ana', '1')).toEqual(['HYDRATE', 'post'])
      expect(await s.everything()).toEqual({})
    })

    it('waits for the post where the pair is known, and for the pair where the post is', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      const before = await s.everything()
      expect(await s.write(OTHER_POST, 'ana', likeAt(1))).toEqual(['HYDRATE', 'post'])
      expect(await s.write(POST, 'ben', likeAt(1))).toEqual(['HYDRATE', 'pair'])
      expect(await s.everything()).toEqual(before)
    })

    it('is held on a cold post when told to take any, and no count is made up', async () => {
      const s = harness()
      const any = { accept: 'any' } as const
      expect(await s.write(POST, 'ana', likeAt(1), any)).toEqual(['COLD', String(likeAt(1))])
      expect(await s.write(POST, 'ana', unlikeAt(0), any)).toEqual(['COLD', String(likeAt(1))])
      expect(await s.queue()).toEqual([`${POST}|ana|${likeAt(1)}|0|1|`])
      expect(await redis().command('EXISTS', s.keys.likes(POST), s.keys.meta(POST))).toBe(0)
    })

    it.each([
      ['a like', likeAt(1), '447', 1],
      ['an unlike', unlikeAt(1), '445', -1],
    ])('changes the count by a guess that says so: %s', async (_, op, count, d) => {
      const s = harness()
      await s.warm({ [POST]: 446 })
      const reply = await s.write(POST, 'ana', op, { accept: 'any' })
      expect(reply).toMatchObject({ 0: 'WARM', 1: count, 4: String(op), 6: '0' })
      expect(await s.queue()).toEqual([`${POST}|ana|${op}|${T + 1}|${d}|`])
      expect(await s.shown(POST)).toMatchObject({ guesses: 1 })
    })

    it('stays one guess, of the state before the first press, however often the pair is pressed', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 })
      await s.write(POST, 'ana', likeAt(1), { accept: 'any' })
      expect(await s.write(POST, 'ana', unlikeAt(2))).toMatchObject({ 1: '446', 6: '0' })
      expect(await s.shown(POST)).toMatchObject({ guesses: 1 })
      expect(await s.write(POST, 'ana', likeAt(3))).toMatchObject({ 1: '447', 6: '0' })
      expect(await s.shown(POST)).toMatchObject({ guesses: 1 })
    })

    it('ignores ops of a session from an epoch that has ended', async () => {
      const s = harness()
      await s.warm({}, { ana: [[POST, likeAt(1)]] })
      await s.begin('second')
      await s.hydrate(POST, 1)
      expect(await s.write(POST, 'ana', unlikeAt(2))).toEqual(['HYDRATE', 'pair'])
      await s.know('ana', [[POST, likeAt(1)]])
      expect(await s.write(POST, 'ana', unlikeAt(2))).toMatchObject({ 1: '0', 6: '1' })
    })

    it('is as known as another where the session knows only some posts', async () => {
      const s = harness()
      await s.warm({ [POST]: 5, [OTHER_POST]: 5 })
      const { cut } = await s.status()
      await s.installSession('ana', cut, [[POST, 0]], { extent: 'some' })
      expect(await s.write(POST, 'ana', likeAt(1))).toMatchObject({ 1: '6', 6: '1' })
      expect(await s.write(OTHER_POST, 'ana', likeAt(1))).toEqual(['HYDRATE', 'pair'])
    })
  })
}
