import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, postIds, type Suite, T, unlikeAt } from './harness'

export const reads: Suite = (_, scripts) => {
  describe('read', () => {
    it('answers warm and cold posts in the order that was asked', async () => {
      const s = scripts()
      const [cold] = postIds(1)
      await s.hydrate(POST, { base: 446, now: T + 1 })
      await s.hydrate(OTHER_POST, { base: 5, now: T + 2, ratings: [['ana', likeAt(1)]] })
      expect(await s.read([OTHER_POST, cold!, POST], 'ana')).toEqual([
        ...['6', String(T + 2), '1', '0', '0'],
        ...['', '0', '0', '0', '0'],
        ...['446', String(T + 1), '0', '0', '0'],
      ])
    })

    it('tells the newest op of the session, pending or drained', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(1))
      await s.drain('n1')
      expect((await s.read([POST], 'ana'))[3]).toBe(String(likeAt(1)))
      await s.write(POST, 'ana', unlikeAt(2))
      expect((await s.read([POST], 'ana'))[3]).toBe(String(unlikeAt(2)))
      expect((await s.read([POST], 'ben'))[3]).toBe('0')
    })

    it('tells whether Postgres has confirmed it', async () => {
      const s = scripts()
      const durable = async (session: string) => (await s.read([POST], session))[4]
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(1))
      expect(await durable('ana')).toBe('0')
      await s.drain('n1')
      expect(await durable('ana')).toBe('1')
      expect(await s.write(POST, 'ana', likeAt(1))).toMatchObject({ 4: String(likeAt(1)), 5: '1' })
      await s.write(POST, 'ana', unlikeAt(2))
      expect(await durable('ana')).toBe('0')
      expect(await s.write(POST, 'ana', likeAt(1))).toMatchObject({ 4: String(unlikeAt(2)), 5: '0' })
      expect(await durable('ben')).toBe('0')
    })

    it('tells nobody who likes what', async () => {
      const s = scripts()
      await s.hydrate(POST, { ratings: [['ana', likeAt(1)]] })
      await s.write(POST, 'ana', likeAt(2))
      expect(await s.read([POST], '')).toEqual(['1', String(T + 1), '0', '0', '0'])
    })

    it('shows a count below what it began with when its base is negative', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: -1, ratings: [['ana', likeAt(1)]] })
      expect((await s.read([POST], ''))[0]).toBe('0')
    })

    it('reads 250 posts in one call, and writes nothing', async () => {
      const s = scripts()
      const ids = postIds(250)
      await s.begin(ids, 'h')
      await Promise.all(ids.map((post, i) => s.install(post, 'h', { base: i })))
      const before = await s.everything()
      const reply = await s.read(ids, 'ana')
      expect(ids.map((_, i) => Number(reply[5 * i]))).toEqual(ids.map((_, i) => i))
      expect(await s.everything()).toEqual(before)
    })
  })
}
