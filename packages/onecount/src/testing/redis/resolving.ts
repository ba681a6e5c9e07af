import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, type Suite, unlikeAt } from './harness'

export const resolving: Suite = (redis, scripts) => {
  describe('resolve', () => {
    it('finds nothing wrong when Postgres holds what is confirmed', async () => {
      const s = scripts()
      await s.drain('n1')
      await s.collect('n2')
      const before = await s.everything()
      expect(await s.resolve('n1', 'n2')).toBe('SAME')
      expect(await s.everything()).toEqual(before)
    })

    it('confirms the batch of a drainer that died between sync and settle; its ops stay pending', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(1))
      await s.collect('died')
      await s.collect('mine')
      expect(await s.resolve('died', 'mine')).toBe('CONFIRMED')
      expect((await s.status())[0]).toBe('died')
      expect(await s.pending()).toHaveLength(1)
      expect(await s.isWarm(POST)).toBe(true)
      expect(await s.settle('mine', [])).toBe('LATE')
    })

    it('ignores one that is late itself', async () => {
      const s = scripts()
      await s.collect('late')
      await s.collect('n2')
      await s.settle('n2', [])
      const before = await s.everything()
      expect(await s.resolve('a receipt from long ago', 'late')).toBe('LATE')
      expect(await s.everything()).toEqual(before)
    })

    it('feeds every recent op to Postgres again and makes all posts cold when the stores have diverged', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.hydrate(OTHER_POST)
      await s.write(POST, 'drained', likeAt(1))
      await s.write(POST, 'changed', likeAt(1))
      await s.drain('n1')
      await s.write(POST, 'changed', unlikeAt(2))
      await s.write(POST, 'pending', likeAt(3))
      await s.collect('n2')
      expect(await s.resolve('another history', 'n2', 'epoch-2')).toBe('DIVERGED')
      expect(await s.pending()).toEqual([
        `${POST}|changed|${unlikeAt(2)}`,
        `${POST}|drained|${likeAt(1)}`,
        `${POST}|pending|${likeAt(3)}`,
      ])
      expect(await s.status()).toMatchObject({ 0: 'another history', 1: 'epoch-2', 2: '3' })
      expect(await s.isWarm(POST)).toBe(false)
      expect(await s.isWarm(OTHER_POST)).toBe(false)
      expect(await s.settle('n2', [])).toBe('LATE')
    })

    it('adopts the receipt of a Postgres that an empty Redis has never talked to', async () => {
      const s = scripts()
      await s.collect('n1')
      expect(await s.resolve('genesis', 'n1', 'epoch-1')).toBe('DIVERGED')
      expect(await s.status()).toEqual(['genesis', 'epoch-1', '0', '0'])
      expect(await redis().command('ZCARD', s.keys.q)).toBe(2)
    })

    it('diverges again when it must, without keeping an old epoch or nonce', async () => {
      const s = scripts()
      await s.collect('n1')
      await s.resolve('r1', 'n1', 'zz-first')
      await s.collect('n2')
      expect(await s.resolve('r2', 'n2', 'aa-second')).toBe('DIVERGED')
      expect(await redis().command('ZRANGE', s.keys.q, 0, -1)).toEqual(['!epoch|aa-second', '!nonce|r2'])
    })
  })
}
