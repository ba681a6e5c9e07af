import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, postIds, receiptOf, type Suite, slicesOf, T, unlikeAt } from './harness'

export const installing: Suite = (redis, harness) => {
  describe('install-posts', () => {
    it('shows the likes of Postgres, and writes the mirror and the ranking', async () => {
      const s = harness()
      await s.begin()
      expect(
        await s.installPosts('first', [
          [POST, 446],
          [OTHER_POST, 5],
        ]),
      ).toEqual(['OK', 'OK'])
      expect(await s.shown(POST)).toEqual({ count: 446, rev: T, guesses: 0, op: '' })
      expect(await s.likes(POST)).toBe('446')
      expect(await redis().command('ZREVRANGE', s.keys.rank, 0, -1)).toEqual([POST, OTHER_POST])
    })

    it('adds the pending ops of the post, and of no other', async () => {
      const s = harness()
      const any = { accept: 'any' } as const
      await s.warm({ [POST]: 10, [OTHER_POST]: 10 }, { ana: [[POST, likeAt(1)]], ben: [] })
      await s.write(POST, 'ana', unlikeAt(5))
      await s.write(POST, 'ben', likeAt(5))
      await s.write(POST, 'ben', unlikeAt(6))
      await s.write(POST, 'who', likeAt(5), any)
      await s.write(OTHER_POST, 'ben', likeAt(5))
      await s.cool(POST)
      await s.hydrate(POST, 10)
      expect(await s.shown(POST)).toMatchObject({ count: 10, guesses: 1 })
      expect(await s.likes(POST)).toBe('10')
    })

    it('counts a pending op of an epoch that has ended as a guess', async () => {
      const s = harness()
      await s.warm({ [POST]: 10 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(5))
      await s.begin('second')
      await s.hydrate(POST, 10)
      expect(await s.shown(POST)).toMatchObject({ count: 11, guesses: 1 })
    })

    it.each([
      ['the clock', { now: T + 7, rev: T }, T + 7],
      ["the snapshot's", { now: T, rev: T + 7 }, T + 8],
      ["the post's own before", { now: T, rev: 0 }, T + 4],
    ])('gives a revision above %s', async (_, snapshot, rev) => {
      const s = harness()
      await s.begin()
      await s.hydrate(POST, 0, { now: T + 3 })
      await s.cool(POST)
      await s.hydrate(POST, 0, snapshot)
      expect(await s.shown(POST)).toMatchObject({ rev })
    })

    it('leaves a warm post as it is: an older snapshot at the same cut may arrive late', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      const before = await s.everything()
      expect(await s.installPosts('first', [[POST, 9, T + 50]], { now: T + 60 })).toEqual(['OK'])
      expect(await s.everything()).toEqual(before)
    })

    it('leaves a post with many pending ops cold until they are drained', async () => {
      const s = harness()
      const any = { accept: 'any' } as const
      await s.begin()
      for (const session of ['a', 'b', 'c']) await s.write(POST, session, likeAt(1), any)
      const page: [string, number][] = [
        [POST, 5],
        [OTHER_POST, 5],
      ]
      expect(await s.installPosts('first', page, { most: 2 })).toEqual(['MANY', 'OK'])
      expect(await s.isWarm(POST)).toBe(false)
      expect(await s.isWarm(OTHER_POST)).toBe(true)
      expect(await s.installPosts('first', page, { most: 3 })).toEqual(['OK', 'OK'])
    })

    it('takes in 100 posts at once', async () => {
      const s = harness()
      await s.begin()
      const page = postIds(100).map((post, i): [string, number] => [post, i])
      expect(await s.installPosts('first', page)).toEqual(Array(100).fill('OK'))
      expect(await s.likes(page[99]![0])).toBe('99')
    })
  })

  describe('install-sessions', () => {
    it('makes every pair known: those that Postgres has, and by that the others', async () => {
      const s = harness()
      await s.warm({ [POST]: 1, [OTHER_POST]: 0 }, { ana: [[POST, likeAt(1)]] })
      expect(await s.known('ana')).toBe('all')
      expect(await s.shown(POST, 'ana')).toMatchObject({ op: String(likeAt(1)) })
      expect(await s.press(OTHER_POST, 'ana', 'flip')).toMatchObject({ 0: 'WARM', 1: '1', 6: '1' })
    })

    it('keeps pending ops over those of Postgres, also of a session that was unknown', async () => {
      const s = harness()
      const any = { accept: 'any' } as const
      await s.begin()
      await s.write(POST, 'ana', unlikeAt(5), any)
      await s.write(OTHER_POST, 'ana', likeAt(5), any)
      await s.know('ana', [[POST, likeAt(1)]])
      await s.warm({ [POST]: 1, [OTHER_POST]: 0 })
      expect(await s.shown(POST, 'ana')).toMatchObject({ op: `${unlikeAt(5)}p` })
      expect(await s.shown(OTHER_POST, 'ana')).toMatchObject({ op: `${likeAt(5)}p` })
    })

    it('drops ops of an epoch that has ended, unless they are pending', async () => {
      const s = harness()
      await s.warm({ [POST]: 1 }, { ana: [[POST, likeAt(1)]] })
      await s.begin('second')
      await s.know('ana', [])
      await s.hydrate(POST, 0)
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 0, op: '' })
    })

    it('knows those ops of a large session that were asked for, page by page', async () => {
      const s = harness()
      const [third] = postIds(1) as [string]
      await s.warm({ [POST]: 1, [OTHER_POST]: 0, [third]: 0 })
      const some = { extent: 'some' } as const
      await s.installSession('ana', 'first', [[POST, likeAt(1)]], some)
      await s.installSession('ana', 'first', [[OTHER_POST, 0]], some)
      expect(await s.known('ana')).toBe('some')
      expect(await s.shown(POST, 'ana')).toMatchObject({ op: String(likeAt(1)) })
      expect(await s.shown(OTHER_POST, 'ana')).toMatchObject({ op: '0' })
      expect(await s.shown(third, 'ana')).toMatchObject({ op: '' })
      expect(await s.installSession('ana', 'first', [[POST, likeAt(1)]])).toBe('OK')
      expect(await s.known('ana')).toBe('all')
    })

    it('leaves one that is all known as it is: an older snapshot at the same cut may arrive late', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      const before = await s.everything()
      for (const extent of ['all', 'some'] as const)
        expect(await s.installSession('ana', 'first', [[POST, likeAt(0)]], { extent })).toBe('OK')
      expect(await s.everything()).toEqual(before)
    })

    it('takes in 2,500 ops, and looks at no more old fields than it may', async () => {
      const s = harness()
      await s.begin()
      const ops = postIds(2500).map((post): [string, number] => [post, likeAt(1)])
      expect(await s.installSession('ana', 'first', ops)).toBe('OK')
      expect(await redis().command('HLEN', s.keys.ops('ana'))).toBe(2501)
      await s.write(POST, 'ana', likeAt(2), { accept: 'any' })
      await s.begin('second')
      expect(await s.installSession('ana', 'second', [], { most: 2501 })).toBe('OK')
      // Beyond that it forgets which of them are pending; the queue knows.
      expect(await redis().command('HLEN', s.keys.ops('ana'))).toBe(1)
      expect(await s.pending()).toEqual([`${POST}|ana|${likeAt(2)}`])
    })

    it('is never all known once it was cut, as a press that waits for Postgres may have been left out', async () => {
      const s = harness()
      await s.warm({ [POST]: 0, [OTHER_POST]: 0 })
      await s.know('ana', [])
      await s.write(POST, 'ana', likeAt(2))
      await s.begin('second')
      await s.hydrate(POST, 0)
      await s.installSession('ana', 'second', [], { most: 1 })
      expect(await s.known('ana')).toBe('cut')
      for (const cut of ['second', 'third']) {
        if (cut === 'third') await s.begin(cut)
        await s.warm({ [POST]: 0, [OTHER_POST]: 0 }, { ana: [] })
        expect(await s.known('ana')).toBe('cut')
        expect(await s.shown(POST, 'ana')).toMatchObject({ op: '' })
        await s.installSession('ana', cut, [[POST, 0]], { extent: 'some' })
        expect(await s.shown(POST, 'ana')).toMatchObject({ op: `${likeAt(2)}p` })
        await redis().command('HDEL', s.keys.ops('ana'), POST)
      }
    })

    it('makes many sessions known in one call, whatever Redis held of each', async () => {
      const s = harness()
      await s.warm({ [POST]: 2, [OTHER_POST]: 1 }, { whole: [[POST, likeAt(1)]] })
      await s.write(POST, 'whole', unlikeAt(2))
      await s.write(POST, 'pressed', likeAt(3), { accept: 'any' })
      await redis().command('SET', s.keys.ops('broken'), 'not ops')
      const sessions: Parameters<typeof s.installSessions>[1] = [
        ['new', 'all', []],
        ['broken', 'all', [[POST, likeAt(1)]]],
        ['whole', 'all', [[POST, likeAt(1)]]],
        ['pressed', 'all', [[OTHER_POST, likeAt(1)]]],
        ['large', 'some', [[OTHER_POST, unlikeAt(1)]]],
      ]
      expect(await s.installSessions('first', sessions)).toEqual(['OK', 'OK', 'OK', 'OK', 'OK'])
      const opsOf = async (session: string) =>
        [await s.shown(POST, session), await s.shown(OTHER_POST, session)].map(state => state?.op)
      expect(await opsOf('new')).toEqual(['', ''])
      expect(await opsOf('broken')).toEqual([String(likeAt(1)), ''])
      expect(await opsOf('whole')).toEqual([`${unlikeAt(2)}p`, ''])
      expect(await opsOf('pressed')).toEqual([`${likeAt(3)}p`, String(likeAt(1))])
      expect(await opsOf('large')).toEqual(['', String(unlikeAt(1))])
      const known = ['new', 'broken', 'whole', 'pressed', 'large'].map(session => s.known(session))
      expect(await Promise.all(known)).toEqual(['all', 'all', 'all', 'all', 'some'])
      const before = await s.everything()
      expect(await s.installSessions('another cut', sessions)).toEqual(['AGAIN'])
      expect(await s.everything()).toEqual(before)
    })

    it('expires when no call touches it', async () => {
      const s = harness()
      await s.begin()
      await s.installSession('ana', 'first', [[POST, likeAt(1)]], { ttl: 60_000 })
      const left = Number(await redis().command('PTTL', s.keys.ops('ana')))
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(60_000)
    })
  })

  describe('a snapshot of Postgres', () => {
    /** Both scripts, with what was read at that cut. */
    async function install(receipt: string): Promise<unknown[]> {
      const s = harness()
      const verdicts = [
        await s.installPosts(receipt, [[POST, 446]]),
        await s.installSession('ana', receipt, []),
      ]
      expect([await s.isWarm(POST), await s.known('ana')]).toEqual(
        verdicts[1] === 'OK' ? [true, 'all'] : [false, ''],
      )
      return verdicts
    }

    it('has to wait for the first cut', async () => {
      expect(await install('first')).toEqual([['NEW'], 'NEW'])
      expect(await install('')).toEqual([['NEW'], 'NEW'])
      expect(await harness().everything()).toEqual({})
    })

    it('is installed at the cut of Redis alone', async () => {
      const s = harness()
      await s.begin()
      const { nonce } = (await s.collect())!
      for (const receipt of ['before', 'after', nonce, ''])
        expect(await install(receipt)).toEqual([['AGAIN'], 'AGAIN'])
      expect(await install('first')).toEqual([['OK'], 'OK'])
    })

    it('is of a cut that has gone by once a batch is settled', async () => {
      const s = harness()
      await s.begin()
      const batch = await s.drain()
      expect(await install('first')).toEqual([['AGAIN'], 'AGAIN'])
      expect(await install(receiptOf(batch))).toEqual([['OK'], 'OK'])
    })

    it('is not installed between two slices of a batch, at either cut', async () => {
      const s = harness()
      await s.begin()
      for (const session of ['a', 'b']) await s.write(OTHER_POST, session, likeAt(1), { accept: 'any' })
      const batch = (await s.collect())!
      const receipt = receiptOf(batch)
      const [first, second] = slicesOf(batch, { likes: { [OTHER_POST]: 2 } }, 1)
      await s.settleSlice(batch, receipt, first!)
      for (const at of ['first', receipt]) expect(await install(at)).toEqual([['AGAIN'], 'AGAIN'])
      await s.settleSlice(batch, receipt, second!)
      expect(await install(receipt)).toEqual([['OK'], 'OK'])
    })

    it('is not installed until the ops that a store had lost are pending again', async () => {
      const s = harness()
      await s.begin()
      for (const session of ['a', 'b']) await s.write(OTHER_POST, session, likeAt(1), { accept: 'any' })
      await s.drain({ likes: { [OTHER_POST]: 2 } })
      await s.resolve('second', (await s.collect())!.nonce, 1)
      expect(await install('second')).toEqual([['FEEDING'], 'FEEDING'])
      while ((await s.feed(1)) === '1');
      expect(await install('second')).toEqual([['OK'], 'OK'])
    })
  })
}
