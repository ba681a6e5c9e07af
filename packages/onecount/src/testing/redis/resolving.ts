import { describe, expect, it } from 'vitest'
import { epochOf, likeAt, OTHER_POST, POST, type Suite, unlikeAt } from './harness'

export const resolving: Suite = (redis, harness) => {
  describe('resolve', () => {
    it('takes the receipt of a Postgres that an empty Redis has never talked to as its first cut', async () => {
      const s = harness()
      const { nonce } = (await s.collect())!
      expect(await s.resolve('genesis', nonce)).toBe('DIVERGED')
      expect(await s.status()).toEqual({
        cut: 'genesis',
        epoch: epochOf(nonce),
        pending: 0,
        oldest: 0,
        home: '',
      })
      expect(await s.marks()).toEqual(['!epoch', '!nonce'])
    })

    it('ignores one that is late itself, or comes twice', async () => {
      const s = harness()
      await s.begin()
      const { nonce } = await s.drain()
      for (const isAnotherInFlight of [false, true]) {
        if (isAnotherInFlight) await s.collect()
        const before = await s.everything()
        expect(await s.resolve('a receipt from long ago', nonce)).toBe('LATE')
        expect(await s.everything()).toEqual(before)
      }
    })

    it('gives every recent op to Postgres again, as a guess, and makes posts and sessions cold', async () => {
      const s = harness()
      const posts = { [POST]: 0, [OTHER_POST]: 0 }
      const ended = await s.warm(posts, { drained: [], changed: [], pending: [] })
      await s.write(POST, 'drained', likeAt(1))
      await s.write(POST, 'changed', likeAt(1))
      await s.drain({ likes: { [POST]: 2 } })
      await s.write(POST, 'changed', unlikeAt(2))
      await s.write(POST, 'pending', likeAt(3))
      const batch = (await s.collect())!
      expect(await s.resolve('another history', batch.nonce)).toBe('DIVERGED')
      expect((await s.queue()).map(member => member.replace(/\|\d+\|(-?\d\|[^|]*)$/, '|$1'))).toEqual([
        `${POST}|changed|${unlikeAt(2)}|-1|${ended}`,
        `${POST}|drained|${likeAt(1)}|0|`,
        `${POST}|pending|${likeAt(3)}|1|${ended}`,
      ])
      expect(await s.status()).toMatchObject({
        cut: 'another history',
        epoch: epochOf(batch.nonce),
        pending: 3,
      })
      expect([await s.isWarm(POST), await s.isWarm(OTHER_POST), await s.known('drained')]).toEqual([
        false,
        false,
        '',
      ])
      expect(await s.settle(batch, { likes: { [POST]: 2 } })).toEqual(['LATE'])
      await s.hydrate(POST, 2)
      expect(await s.shown(POST)).toMatchObject({ guesses: 3 })
    })

    it('makes refused ops pending again, too', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [[POST, unlikeAt(0)]] })
      await s.write(POST, 'ana', likeAt(1))
      await s.drain({ likes: { [POST]: 0 }, refused: [[POST, 'ana', likeAt(1), unlikeAt(0)]] })
      await s.begin('second')
      expect(await s.pending()).toEqual([`${POST}|ana|${likeAt(1)}`])
    })

    it('diverges again when it must, without keeping an old epoch, cut or batch', async () => {
      const s = harness()
      const first = await s.begin('r1')
      const second = await s.begin('r2')
      expect(second).not.toBe(first)
      expect(await redis().command('ZRANGE', s.keys.q, 0, -1)).toEqual([`!epoch|${second}`, '!nonce|r2'])
    })
  })

  describe('feed', () => {
    it('does nothing where nothing was lost', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      await s.drain({ likes: { [POST]: 1 } })
      const before = await s.everything()
      expect(await s.feed(10)).toBe('0')
      expect(await s.everything()).toEqual(before)
    })

    it('brings recent ops back in parts: until the last one nothing is handed out, ranked or made warm', async () => {
      const s = harness()
      const sessions = ['a', 'b', 'c', 'd', 'e']
      const ended = await s.warm({ [POST]: 0 }, Object.fromEntries(sessions.map(id => [id, []])))
      for (const [i, session] of sessions.entries()) await s.write(POST, session, likeAt(i))
      await s.drain({ likes: { [POST]: 5 } })
      await s.write(POST, 'b', unlikeAt(9))
      expect(await s.resolve('second', (await s.collect())!.nonce, 2)).toBe('DIVERGED')

      const fed = [`${POST}|a|${likeAt(0)}`, `${POST}|b|${unlikeAt(9)}`]
      expect(await s.pending()).toEqual(fed)
      expect(await s.status()).toMatchObject({ cut: 'second', pending: 5, oldest: likeAt(0) })
      const before = await s.everything()
      expect(await s.collect()).toBeNull()
      expect(await s.installPosts('second', [[POST, 5]])).toEqual(['FEEDING'])
      expect(await s.prepare('filler')).toEqual(['NEW', ''])
      expect(await s.fill(ended, 'filler', 0, [[POST, 5]])).toBe('LOST')
      expect(await s.everything()).toEqual(before)

      await s.write(POST, 'c', likeAt(2), { accept: 'any' })
      await s.write(POST, 'd', unlikeAt(10), { accept: 'any' })
      expect(await s.feed(2)).toBe('1')
      expect(await s.feed(2)).toBe('0')
      const all = [...fed, `${POST}|c|${likeAt(2)}`, `${POST}|d|${unlikeAt(10)}`, `${POST}|e|${likeAt(4)}`]
      expect(await s.pending()).toEqual(all)
      expect(await s.feed(2)).toBe('0')
      expect(await s.status()).toMatchObject({ pending: 5 })
      expect((await s.collect())!.members).toHaveLength(5)
    })
  })
}
