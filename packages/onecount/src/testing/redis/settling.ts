import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, receiptOf, type Suite, T, unlikeAt } from './harness'
import type { Answer } from './scripts'

const any = { accept: 'any' } as const

export const settling: Suite = (redis, harness) => {
  describe('settle', () => {
    it('moves an op from pending to recent, and the cut with it; the count stays', async () => {
      const s = harness()
      const epoch = await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1), { now: T + 1 })
      const batch = await s.drain({ likes: { [POST]: 447 } }, { now: T + 9 })
      expect(await s.status()).toEqual({ cut: receiptOf(batch), epoch, pending: 0, oldest: 0, home: '' })
      expect(await s.recent()).toEqual({ [`${POST}|ana`]: likeAt(1) })
      expect(await s.shown(POST, 'ana')).toEqual({
        count: 447,
        rev: T + 1,
        guesses: 0,
        op: String(likeAt(1)),
      })
    })

    it('hands out the next batch under the new cut, as collect would again', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      const batch = (await s.collect())!
      await s.write(OTHER_POST, 'ana', likeAt(2), any)
      await s.write(OTHER_POST, 'ben', likeAt(2), any)
      const reply = await s.settle(batch, { likes: { [POST]: 1 } }, { id: 'next', limit: 1 })
      const next = (await s.collect())!
      expect(reply).toEqual(['OK', next.nonce, '', next.last, ...next.members])
      expect(next).toMatchObject({ parent: receiptOf(batch), nonce: expect.stringMatching(/^next\./) })
      expect(next.members).toHaveLength(1)
      expect(next.last).toBe(next.members[0])
    })

    it('hands out none where nothing is pending', async () => {
      const s = harness()
      await s.begin()
      const batch = (await s.collect())!
      expect(await s.settle(batch)).toEqual(['OK'])
      expect(await s.marks()).toEqual(['!epoch', '!nonce'])
    })

    it('leaves an op that has replaced the settled one, with its change of the count', async () => {
      const s = harness()
      const epoch = await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      const batch = (await s.collect())!
      await s.write(POST, 'ana', unlikeAt(2), { now: T + 2 })
      await s.settle(batch, { likes: { [POST]: 447 } })
      expect(await s.queue()).toEqual([`${POST}|ana|${unlikeAt(2)}|${T + 2}|-1|${epoch}`])
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 446, guesses: 0, op: `${unlikeAt(2)}p` })
      expect(await s.recent()).toEqual({ [`${POST}|ana`]: likeAt(1) })
    })

    it.each([
      ['drained', false],
      ['replaced meanwhile', true],
    ])('corrects a guess once it is %s', async (_, isReplaced) => {
      const s = harness()
      await s.warm({ [POST]: 447 })
      await s.write(POST, 'ana', likeAt(5), any)
      expect(await s.shown(POST)).toMatchObject({ count: 448, guesses: 1 })
      const batch = (await s.collect())!
      if (isReplaced) await s.write(POST, 'ana', likeAt(6))
      // It was liked already.
      await s.settle(batch, { likes: { [POST]: 447 } }, { now: T + 9 })
      expect(await s.shown(POST)).toEqual({ count: 447, rev: T + 9, guesses: 0, op: '' })
      expect(await s.likes(POST)).toBe('447')
    })

    it('takes over the ops that Postgres has accepted without Redis', async () => {
      const s = harness()
      await s.warm({ [POST]: 446, [OTHER_POST]: 0 }, { ana: [], ben: [[POST, likeAt(1)]], eva: [] })
      await s.write(POST, 'eva', likeAt(9))
      const batch = (await s.collect())!
      await s.settle(batch, {
        likes: { [POST]: 447, [OTHER_POST]: 1 },
        rows: [
          [POST, 'ana', likeAt(5)],
          [POST, 'ben', unlikeAt(5)],
          [POST, 'eva', unlikeAt(5)],
          [OTHER_POST, 'ana', likeAt(5)],
        ],
      })
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 447, op: String(likeAt(5)) })
      expect(await s.shown(POST, 'ben')).toMatchObject({ op: String(unlikeAt(5)) })
      expect(await s.shown(POST, 'eva')).toMatchObject({ op: String(likeAt(9)) })
      expect(await s.shown(OTHER_POST, 'ana')).toMatchObject({ count: 1, op: String(likeAt(5)) })
      expect(await s.pending()).toEqual([])
    })

    it('drops a pending op that an op of Postgres beats', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      const batch = (await s.collect())!
      await s.write(POST, 'ana', likeAt(1))
      await s.settle(batch, { likes: { [POST]: 446 }, rows: [[POST, 'ana', unlikeAt(5)]] })
      expect(await s.pending()).toEqual([])
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 446, op: String(unlikeAt(5)) })
    })

    it('takes back an op that Postgres has refused, and shows the one that it holds', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [[POST, unlikeAt(0)]] })
      await s.write(POST, 'ana', likeAt(1))
      await s.drain(
        { likes: { [POST]: 446 }, refused: [[POST, 'ana', likeAt(1), unlikeAt(0)]] },
        { now: T + 9 },
      )
      expect(await s.pending()).toEqual([])
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 446, rev: T + 9, op: String(unlikeAt(0)) })
      expect(await s.recent()).toEqual({
        [`${POST}|ana`]: unlikeAt(0),
        [`${POST}|ana|refused`]: likeAt(1),
      })
    })

    it('leaves a press that came after a refused op', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      const batch = (await s.collect())!
      await s.write(POST, 'ana', likeAt(2))
      await s.settle(batch, { likes: { [POST]: 446 }, refused: [[POST, 'ana', likeAt(1), 0]] })
      expect(await s.pending()).toEqual([`${POST}|ana|${likeAt(2)}`])
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 447, op: `${likeAt(2)}p` })
    })

    it('drops the keys of a post that is gone, with its pending ops', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      await s.drain()
      const { likes, liked, meta, rank } = s.keys
      expect(await redis().command('EXISTS', likes(POST), liked(POST), meta(POST))).toBe(0)
      expect(await redis().command('ZSCORE', rank, POST)).toBeNull()
      expect(await s.pending()).toEqual([])
      expect(await s.recent()).toEqual({})
    })

    it.each<{ answer: string; settled: Answer }>([
      { answer: 'as it was handed out', settled: { rows: [] } },
      { answer: 'and refused', settled: { refused: [[POST, 'ana', unlikeAt(3), 0]] } },
    ])(
      'forgets what a session pressed last of a post that is gone: it comes back with what Postgres has ($answer)',
      async ({ settled }) => {
        const s = harness()
        await s.warm({ [POST]: 446 }, { ana: [[POST, likeAt(1)]] })
        await s.write(POST, 'ana', unlikeAt(3))
        await s.drain(settled)
        expect(await redis().command('HGET', s.keys.ops('ana'), POST)).toBeNull()
        // The post gets its id back, and its rows with it.
        await s.drain({ likes: { [POST]: 1 }, rows: [[POST, 'ana', likeAt(1)]] })
        expect(await redis().command('HGET', s.keys.ops('ana'), POST)).toBe(String(likeAt(1)))
      },
    )

    it('keeps presses on a post that is gone which arrive after the batch was handed out', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      const batch = (await s.collect())!
      await s.write(POST, 'ana', likeAt(2))
      await s.settle(batch)
      expect(await redis().command('HGET', s.keys.ops('ana'), POST)).toBe(`${likeAt(2)}p`)
      expect(await s.pending()).toEqual([`${POST}|ana|${likeAt(2)}`])
      await s.drain()
      expect(await redis().command('HGET', s.keys.ops('ana'), POST)).toBeNull()
    })

    it('forgets the numbers of a post whose likes were set by hand, but not its likers', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      await s.drain({ likes: { [POST]: 1000 }, rows: [[POST, '', 0]] })
      expect(await s.isWarm(POST)).toBe(false)
      expect(await redis().command('EXISTS', s.keys.likes(POST), s.keys.meta(POST))).toBe(0)
      expect(await s.likers(POST)).toEqual(['ana'])
      expect(await s.pending()).toEqual([])
      expect(Number(await redis().command('ZSCORE', s.keys.rank, POST))).toBe(1000)
    })

    it('leaves cold posts cold, and unknown sessions unknown', async () => {
      const s = harness()
      await s.begin()
      await s.drain({ likes: { [POST]: 5 }, rows: [[POST, 'ana', likeAt(5)]] })
      expect(await s.isWarm(POST)).toBe(false)
      expect(await redis().command('EXISTS', s.keys.ops('ana'), s.keys.meta(POST), s.keys.likes(POST))).toBe(
        0,
      )
    })

    it('is ignored when it comes late or twice', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      const batch = (await s.collect())!
      const answer = { likes: { [POST]: 447 } }
      await s.settle(batch, answer)
      for (const isAnotherInFlight of [false, true]) {
        if (isAnotherInFlight) await s.collect()
        const before = await s.everything()
        expect(await s.settle(batch, answer)).toEqual(['LATE'])
        expect(await s.everything()).toEqual(before)
      }
    })

    it('keeps the greater op in recent', async () => {
      const s = harness()
      await s.begin()
      await s.write(POST, 'ana', likeAt(5), any)
      await s.drain({ likes: { [POST]: 1 } })
      await s.drain({ likes: { [POST]: 1 }, rows: [[POST, 'ana', unlikeAt(1)]] })
      expect(await s.recent()).toEqual({ [`${POST}|ana`]: likeAt(5) })
    })

    it('prolongs the session', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 })
      await s.write(POST, 'ana', likeAt(1), any)
      expect(await redis().command('PTTL', s.keys.ops('ana'))).toBe(-1)
      await s.drain({ likes: { [POST]: 1 } }, { ttl: 60_000 })
      expect(Number(await redis().command('PTTL', s.keys.ops('ana')))).toBeGreaterThan(0)
    })
  })
}
