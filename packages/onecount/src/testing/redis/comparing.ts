import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, type Suite, T, unlikeAt } from './harness'

/** What tools ask that compare Redis with Postgres; nothing of it changes what Redis shows. */
export const comparing: Suite = (redis, harness) => {
  const cut = async () => (await harness().status()).cut

  describe('compare-posts', () => {
    it('tells the numbers of warm posts, beside those that they would have with these likes', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      const posts: [string, number][] = [
        [POST, 450],
        [OTHER_POST, 7],
      ]
      expect(await s.comparePosts(await cut(), posts)).toEqual([
        ...['447|1|0', '451|1|0', '447'],
        ...['', '7|0|0', ''],
      ])
    })

    it('counts guesses', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 })
      await s.write(POST, 'ana', likeAt(1), { accept: 'any' })
      expect(await s.comparePosts(await cut(), [[POST, 446]])).toEqual(['447|1|1', '447|1|1', '447'])
    })

    it('leaves out numbers that need more pending ops added up than it may', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [], ben: [] })
      await s.write(POST, 'ana', likeAt(1))
      await s.write(POST, 'ben', likeAt(1))
      expect(await s.comparePosts(await cut(), [[POST, 446]], 1)).toEqual(['448|2|0', '', '448'])
    })

    it('compares at the cut alone, and knows no warm post without one', async () => {
      const s = harness()
      expect(await s.comparePosts('', [[POST, 1]])).toEqual(['NEW'])
      await s.warm({ [POST]: 446 })
      expect(await s.comparePosts('another', [[POST, 446]])).toEqual(['AGAIN'])
    })
  })

  describe('compare-pairs', () => {
    it('tells the ops of a pair and its membership in the mirrors', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [], ben: [[POST, unlikeAt(2)]] })
      await s.write(POST, 'ana', likeAt(1))
      expect(
        await s.comparePairs([
          [POST, 'ana'],
          [POST, 'ben'],
          [POST, 'eva'],
        ]),
      ).toEqual([`${likeAt(1)}||${likeAt(1)}|1|1`, `||${unlikeAt(2)}|0|0`, '|||0|0'])
      await s.drain({ likes: { [POST]: 447 } })
      expect(await s.comparePairs([[POST, 'ana']])).toEqual([`|${likeAt(1)}|${likeAt(1)}|1|1`])
    })

    it('takes a mirror of another type for an empty one', async () => {
      const s = harness()
      await redis().command('SET', s.keys.liked(POST), 'x')
      await redis().command('SET', s.keys.sessions('ana'), 'x')
      expect(await s.comparePairs([[POST, 'ana']])).toEqual(['|||0|0'])
      expect(await s.sizes([POST])).toEqual(['0'])
      expect(await s.scanLikers(POST)).toEqual(['0'])
    })
  })

  describe('likers and sizes', () => {
    it('tell every session of post:liked, in parts, and how many they are', async () => {
      const s = harness()
      const sessions = Array.from({ length: 2000 }, (_, i) => `session-${i}`)
      await redis().command('SADD', s.keys.liked(POST), ...sessions)
      const seen = new Set<string>()
      let parts = 0
      for (let cursor = '0'; parts === 0 || cursor !== '0'; parts++) {
        const [next, ...some] = await s.scanLikers(POST, cursor, 100)
        for (const session of some) seen.add(session)
        cursor = next!
      }
      expect(seen).toEqual(new Set(sessions))
      expect(parts).toBeGreaterThan(5)
      expect(await s.sizes([POST, OTHER_POST])).toEqual(['2000', '0'])
    })
  })

  describe('mirror-likes', () => {
    it('writes the counts of warm posts, and leaves those of cold ones', async () => {
      const s = harness()
      await s.warm({ [POST]: 446, [OTHER_POST]: 7 })
      await redis().command('DEL', s.keys.likes(POST))
      await redis().command('SET', s.keys.likes(OTHER_POST), '9')
      await s.cool(OTHER_POST)
      await s.mirrorLikes([POST, OTHER_POST])
      expect([await s.likes(POST), await s.likes(OTHER_POST)]).toEqual(['446', '9'])
    })
  })

  describe('mirror', () => {
    it('writes what Postgres holds where the recent op is the same as before Postgres was read', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      await s.drain({ likes: { [POST]: 447 } })
      await s.mirror([[POST, 'ana', 0]])
      expect(await s.likers(POST)).toEqual(['ana'])
      await s.mirror([[POST, 'ana', 0, String(likeAt(0))]])
      expect(await s.likers(POST)).toEqual(['ana'])
      await s.mirror([[POST, 'ana', 0, String(likeAt(1))]])
      expect(await s.likers(POST)).toEqual([])
    })
  })

  describe('cool', () => {
    it('makes sessions cold too, and keeps their pending ops', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1), { now: T })
      expect(await s.known('ana')).toBe('all')
      await s.cool(POST, 'ana')
      expect(await s.known('ana')).toBe('')
      await s.warm({ [POST]: 446 }, { ana: [] })
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 447, op: `${likeAt(1)}p` })
    })
  })
}
