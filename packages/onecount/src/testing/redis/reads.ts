import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, postIds, type Suite, T, unlikeAt } from './harness'

export const reads: Suite = (redis, harness) => {
  describe('read', () => {
    it('answers warm and cold posts in the order that was asked', async () => {
      const s = harness()
      const [cold] = postIds(1)
      const epoch = await s.warm({ [POST]: 446, [OTHER_POST]: 6 }, { ana: [[OTHER_POST, likeAt(1)]] })
      expect((await s.read([OTHER_POST, cold!, POST], 'ana')).split(';')).toEqual([
        epoch,
        ...[`6|${T}|0|0|${epoch}`, '', `446|${T}|0|0|${epoch}`],
        `${epoch}|all`,
        ...[String(likeAt(1)), '', ''],
      ])
    })

    it('has nothing to say in an empty Redis', async () => {
      const s = harness()
      expect(await s.read([POST], 'ana')).toBe(';;;')
      expect(await s.read([POST])).toBe(';')
    })

    it('tells the newest op of the session, and whether Postgres has it', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [], ben: [] })
      await s.write(POST, 'ana', likeAt(1))
      expect(await s.shown(POST, 'ana')).toMatchObject({ op: `${likeAt(1)}p` })
      await s.drain({ likes: { [POST]: 1 } })
      expect(await s.shown(POST, 'ana')).toMatchObject({ op: String(likeAt(1)) })
      await s.write(POST, 'ana', unlikeAt(2))
      expect(await s.shown(POST, 'ana')).toMatchObject({ op: `${unlikeAt(2)}p` })
      expect(await s.shown(POST, 'ben')).toMatchObject({ op: '' })
    })

    it('tells a caller without a session no ops', async () => {
      const s = harness()
      await s.warm({ [POST]: 1 }, { ana: [[POST, likeAt(1)]] })
      const { epoch } = await s.status()
      expect(await s.read([POST])).toBe(`${epoch};1|${T}|0|0|${epoch}`)
    })

    it('tells a count below zero as it is', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 })
      await s.write(POST, 'ana', unlikeAt(1), { accept: 'any' })
      expect(await s.shown(POST)).toMatchObject({ count: -1, guesses: 1 })
    })

    it('reads 250 posts in one call, and writes nothing', async () => {
      const s = harness()
      const ids = postIds(250)
      await s.begin()
      await s.installPosts(
        'first',
        ids.map((post, i) => [post, i]),
      )
      await s.know('ana', [[ids[7]!, likeAt(1)]])
      const before = await s.everything()
      const [, ...page] = (await s.read(ids, 'ana')).split(';')
      expect(page.slice(0, 250).map(numbers => Number(numbers.split('|')[0]))).toEqual(ids.map((_, i) => i))
      expect(page.slice(251)).toEqual(ids.map((_, i) => (i === 7 ? String(likeAt(1)) : '')))
      expect(await s.everything()).toEqual(before)
    })
  })

  describe('a post that lost', () => {
    const cold = [
      ['its meta', (s: ReturnType<typeof harness>) => redis().command('DEL', s.keys.meta(POST))],
      ['the queue', (s: ReturnType<typeof harness>) => redis().command('DEL', s.keys.q)],
      ['its epoch', (s: ReturnType<typeof harness>) => s.begin('another history')],
    ] as const

    it.each(cold)('%s is cold, and whole again once it is hydrated', async (loss, lose) => {
      const s = harness()
      await s.warm({ [POST]: 12 }, { eva: [] })
      await s.write(POST, 'eva', likeAt(3))
      await lose(s)
      expect(await s.isWarm(POST)).toBe(false)
      expect(await s.write(POST, 'fay', likeAt(4))).toEqual(['HYDRATE', 'post'])
      await s.warm({ [POST]: 12 }, { eva: [] })
      expect(await s.shown(POST)).toMatchObject({ count: loss === 'the queue' ? 12 : 13 })
    })

    it('its mirrors or another index stays warm, and counts on', async () => {
      const s = harness()
      await s.warm({ [POST]: 12 }, { ana: [[POST, likeAt(1)]] })
      const { recent, late, rank, likes, liked, sessions } = s.keys
      await redis().command('DEL', recent, late, rank, likes(POST), liked(POST), sessions('ana'))
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 12, op: String(likeAt(1)) })
      expect(await s.write(POST, 'ana', unlikeAt(2))).toMatchObject({ 0: 'WARM', 1: '11', 6: '1' })
      expect(await s.likes(POST)).toBe('11')
    })
  })

  describe('pending-ops', () => {
    it('tells the pending ops of a session, and changes nothing', async () => {
      const s = harness()
      await s.warm({ [POST]: 1, [OTHER_POST]: 6 }, { ana: [[POST, likeAt(1)]], ben: [] })
      await s.write(OTHER_POST, 'ana', likeAt(2))
      const before = await s.everything()
      expect(await s.pendingOps('ana')).toEqual(['0', OTHER_POST, String(likeAt(2))])
      expect(await s.pendingOps('ben')).toEqual(['0'])
      expect(await s.pendingOps('eva')).toEqual(['0'])
      expect(await s.everything()).toEqual(before)
      await s.drain({ likes: { [OTHER_POST]: 7 } })
      expect(await s.pendingOps('ana')).toEqual(['0'])
    })

    it('tells of a session with many ops in parts', async () => {
      const s = harness()
      const ids = postIds(1500)
      await redis().command('HSET', s.keys.ops('ana'), ...ids.flatMap(id => [id, `${likeAt(3)}p`]))
      const found = new Set<string>()
      let calls = 0
      for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false, calls++) {
        const [next, ...ops] = await s.pendingOps('ana', cursor, 100)
        for (let i = 0; i < ops.length; i += 2) found.add(ops[i]!)
        cursor = next!
      }
      expect([...found].sort()).toEqual([...ids].sort())
      expect(calls).toBeGreaterThan(1)
    })

    it('tells nothing of a key of another type', async () => {
      const s = harness()
      await redis().command('SET', s.keys.ops('ana'), 'x')
      expect(await s.pendingOps('ana')).toEqual(['0'])
    })
  })

  describe('cool', () => {
    it('makes a warm post cold once, and keeps its revision for the next', async () => {
      const s = harness()
      await s.begin()
      expect(await s.cool(POST)).toBe('0')
      await s.hydrate(POST, 5, { now: T + 9 })
      expect(await s.cool(POST)).toBe('1')
      expect(await s.cool(POST)).toBe('0')
      expect(await s.isWarm(POST)).toBe(false)
      await s.hydrate(POST, 5)
      expect(await s.shown(POST)).toMatchObject({ rev: T + 10 })
    })
  })
}
