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

    it('takes an op for news that Postgres had, lost, refused when it was sent again, and has again', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.write(POST, 'ana', likeAt(1))
      await s.drain('n1')
      await s.collect('n2')
      expect(await s.resolve('a receipt from before', 'n2')).toBe('DIVERGED')
      const [, member] = (await s.collect('n3')) as [string, string]
      await s.settle('n3', [{ post: POST, members: [], refused: [member] }])
      await s.hydrate(POST)
      const [, , liked, op, durable] = await s.read([POST], 'ana')
      expect({ liked, op, durable }).toEqual({ liked: '0', op: '0', durable: '0' })
      await s.collect('n4', { rows: [[POST, 'ana', likeAt(1)]] })
      expect(await s.members(POST)).toEqual(['ana'])
      expect(await s.pending()).toHaveLength(1)
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
      expect(await s.resolve('another history', 'n2')).toBe('DIVERGED')
      expect(await s.pending()).toEqual([
        `${POST}|changed|${unlikeAt(2)}`,
        `${POST}|drained|${likeAt(1)}`,
        `${POST}|pending|${likeAt(3)}`,
      ])
      expect(await s.status()).toMatchObject({ 0: 'another history', 1: '', 2: '3' })
      expect(await s.isWarm(POST)).toBe(false)
      expect(await s.isWarm(OTHER_POST)).toBe(false)
      expect(await s.settle('n2', [])).toBe('LATE')
    })

    it('takes its time when many ops are recent: until the last is pending again nothing is hydrated or handed out', async () => {
      const s = scripts()
      await s.hydrate(POST)
      for (const [i, session] of ['a', 'b', 'c', 'd', 'e'].entries()) await s.write(POST, session, likeAt(i))
      await s.drain('n1')
      await s.write(POST, 'b', unlikeAt(9))
      await s.collect('n2')
      expect(await s.resolve('another history', 'n2', 2)).toBe('DIVERGED')

      const fed = [`${POST}|a|${likeAt(0)}`, `${POST}|b|${unlikeAt(9)}`]
      expect(await s.pending()).toEqual(fed)
      expect(await s.status()).toEqual(['another history', '', '5', String(likeAt(0))])
      const before = await s.everything()
      expect(await s.collect('n3', { rows: [[POST, 'x', likeAt(1)]] })).toEqual([''])
      expect(await s.begin([POST], 'one')).toMatchObject([['HELD', [{}, {}]]])
      expect(await s.prepare('filler')).toEqual(['HELD', ''])
      expect(await s.fill('epoch-1', 'filler', 0, [[POST, 5]])).toBe('LOST')
      expect(await s.resolve('another history', 'n2')).toBe('SAME')
      expect(await s.everything()).toEqual(before)

      await s.write(POST, 'c', likeAt(2))
      await s.write(POST, 'd', unlikeAt(10))
      expect(await s.refeed(2)).toBe('1')
      expect(await s.refeed(2)).toBe('0')
      const everything = [
        ...fed,
        `${POST}|c|${likeAt(2)}`,
        `${POST}|d|${unlikeAt(10)}`,
        `${POST}|e|${likeAt(4)}`,
      ]
      expect(await s.pending()).toEqual(everything)
      expect(await s.refeed(2)).toBe('0')
      expect(await s.status()).toMatchObject({ 1: '', 2: '5' })
      expect(await s.begin([POST], 'one', { epoch: 'epoch-2' })).toEqual([['MINE', 'epoch-2']])
      expect(await s.collect('n4')).toHaveLength(6)
    })

    it('adopts the receipt of a Postgres that an empty Redis has never talked to', async () => {
      const s = scripts()
      await s.collect('n1')
      expect(await s.resolve('genesis', 'n1')).toBe('DIVERGED')
      expect(await s.status()).toEqual(['genesis', '', '0', '0'])
      expect(await redis().command('ZCARD', s.keys.q)).toBe(1)
    })

    it('diverges again when it must, without keeping an old epoch or nonce', async () => {
      const s = scripts()
      await s.hydrate(POST)
      await s.collect('n1')
      await s.resolve('r1', 'n1')
      await s.hydrate(POST)
      await s.collect('n2')
      expect(await s.resolve('r2', 'n2')).toBe('DIVERGED')
      expect(await redis().command('ZRANGE', s.keys.q, 0, -1)).toEqual(['!nonce|r2'])
    })
  })
}
