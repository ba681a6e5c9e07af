import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, type Suite, T, unlikeAt } from './harness'

export const writes: Suite = (redis, scripts) => {
  describe('write', () => {
    it('counts a like, remembers who, and holds the op until Postgres has it', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      const reply = await s.write(POST, 'ana', likeAt(5), { now: T + 5 })
      expect(reply).toEqual(['WARM', '447', String(T + 5), '1', String(likeAt(5)), '0'])
      expect(await redis().command('GET', s.keys.likes(POST))).toBe('447')
      expect(await s.members(POST)).toEqual(['ana'])
      expect(await redis().command('SMEMBERS', s.keys.sessions('ana'))).toEqual([POST])
      expect(await s.pending()).toEqual([`${POST}|ana|${likeAt(5)}`])
    })

    it('takes a like back', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446, ratings: [['ana', likeAt(1)]] })
      const reply = await s.write(POST, 'ana', unlikeAt(5), { now: T + 5 })
      expect(reply).toEqual(['WARM', '446', String(T + 5), '0', String(unlikeAt(5)), '0'])
      expect(await s.members(POST)).toEqual([])
      expect(await redis().command('SMEMBERS', s.keys.sessions('ana'))).toEqual([])
    })

    it('answers a repeat as the first time and changes nothing', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      const first = await s.write(POST, 'ana', likeAt(5), { now: T + 5 })
      const before = await s.everything()
      expect(await s.write(POST, 'ana', likeAt(5), { now: T + 9 })).toEqual(first)
      expect(await s.everything()).toEqual(before)
    })

    it.each(['pending', 'drained'])('ignores an op older than a %s one and tells the newer', async where => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      await s.write(POST, 'ana', unlikeAt(5))
      if (where === 'drained') await s.drain('n1')
      const before = await s.everything()
      expect(await s.write(POST, 'ana', likeAt(4), { now: T + 9 })).toMatchObject({
        1: '446',
        3: '0',
        4: String(unlikeAt(5)),
      })
      expect(await s.everything()).toEqual(before)
    })

    it('holds one pending op a pair: the greatest', async () => {
      const s = scripts()
      await s.hydrate(POST)
      for (const op of [likeAt(1), unlikeAt(2), likeAt(3), unlikeAt(1)]) await s.write(POST, 'ana', op)
      expect(await s.pending()).toEqual([`${POST}|ana|${likeAt(3)}`])
    })

    it('leaves the count alone when the pair stays as it is, and raises the revision: no op is later', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446, now: T })
      await s.write(POST, 'ana', unlikeAt(1), { now: T + 1 })
      await s.write(POST, 'ana', likeAt(2), { now: T + 2 })
      const reply = await s.write(POST, 'ana', likeAt(3), { now: T + 3 })
      expect(reply).toEqual(['WARM', '447', String(T + 3), '1', String(likeAt(3)), '0'])
    })

    it('lets the revision grow with every change, on a slow clock too', async () => {
      const s = scripts()
      await s.hydrate(POST, { now: T })
      expect(await s.write(POST, 'ana', likeAt(1), { now: T - 60_000_000 })).toMatchObject({
        2: String(T + 1),
      })
      expect(await s.write(POST, 'ben', likeAt(1), { now: T - 60_000_000 })).toMatchObject({
        2: String(T + 2),
      })
    })

    it('does not mix up sessions whose ids begin alike, nor posts', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.hydrate(OTHER_POST)
      for (const session of ['s1', 's10', 's1:0', 's1-', 's1.', 's']) await s.write(POST, session, likeAt(3))
      await s.write(POST, 's1', unlikeAt(4))
      await s.write(OTHER_POST, 's1', likeAt(1))
      expect(await s.members(POST)).toEqual(['s', 's1-', 's1.', 's10', 's1:0'])
      expect(await s.members(OTHER_POST)).toEqual(['s1'])
      expect(await s.pending()).toHaveLength(7)
    })

    it('handles ops and revisions up to 2^53 to the last digit', async () => {
      const s = scripts()
      const largest = Number.MAX_SAFE_INTEGER
      await s.hydrate(POST, { now: largest - 1 })
      expect(await s.write(POST, 'ana', largest)).toEqual([
        'WARM',
        '1',
        '9007199254740991',
        '1',
        '9007199254740991',
        '0',
      ])
      await s.drain('n1')
      expect(await s.read([POST], 'ana')).toEqual(['1', '9007199254740991', '1', '9007199254740991', '1'])
    })

    it('creates no key for a cold post when told to take warm ones only', async () => {
      const s = scripts()
      expect(await s.write(POST, 'ana', likeAt(1), { accept: 'warm' })).toEqual(['COLD', '0'])
      expect(await s.everything()).toEqual({})
    })

    it('accepts an op on a cold post: it is pending, and no count is made up', async () => {
      const s = scripts()
      expect(await s.write(POST, 'ana', likeAt(1))).toEqual(['COLD', String(likeAt(1))])
      expect(await s.write(POST, 'ana', unlikeAt(0))).toEqual(['COLD', String(likeAt(1))])
      expect(await s.pending()).toEqual([`${POST}|ana|${likeAt(1)}`])
      expect(await redis().command('EXISTS', s.keys.likes(POST), s.keys.meta(POST))).toBe(0)
    })

    it('goes on when an index is damaged: indexes decide nothing', async () => {
      const s = scripts()
      await s.hydrate(POST)
      for (const key of [s.keys.sessions('ana'), s.keys.rank]) {
        await redis().command('DEL', key)
        await redis().command('SET', key, 'damaged')
      }
      expect(await s.write(POST, 'ana', likeAt(1))).toMatchObject({ 0: 'WARM', 1: '1' })
    })
  })
}
