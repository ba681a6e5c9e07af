import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, postIds, type Rating, type Suite, T, unlikeAt } from './harness'

export const hydration: Suite = (redis, scripts) => {
  describe('begin', () => {
    it('gives each cold post to one hydrator, tells the others what is pending, and leaves warm ones', async () => {
      const s = scripts()
      const [warm] = postIds(1)
      await s.hydrate(warm!)
      await s.write(POST, 'ana', likeAt(1))
      await s.write(POST, 'ben', unlikeAt(2))
      await s.write(OTHER_POST, 'ana', likeAt(3))
      expect(await s.begin([POST], 'one')).toEqual([['MINE', 'epoch-1']])
      expect(await s.begin([POST, warm!, OTHER_POST], 'two')).toEqual([
        ['BUSY', [`${POST}|ana|${likeAt(1)}|0`, `${POST}|ben|${unlikeAt(2)}|0`]],
        ['WARM'],
        ['MINE', 'epoch-1'],
      ])
    })

    it('makes the first epoch, and keeps the one there is', async () => {
      const s = scripts()
      expect(await s.begin([POST], 'one', { epoch: 'first' })).toEqual([['MINE', 'first']])
      expect(await s.begin([OTHER_POST], 'two', { epoch: 'second' })).toEqual([['MINE', 'first']])
    })

    it('makes an epoch that never was before, also when the same call comes again after the stores diverged', async () => {
      const s = scripts()
      await s.begin([POST], 'one')
      await s.install(POST, 'one')
      expect(await s.isWarm(POST)).toBe(true)
      await s.collect('n1')
      await s.resolve('another history', 'n1')
      expect(await s.begin([OTHER_POST], 'one')).toEqual([['MINE', 'epoch-1']])
      expect(await s.isWarm(POST)).toBe(false)
    })

    it('lets another one hydrate when the first has run out of time', async () => {
      const s = scripts()
      await s.begin([POST], 'one', { ttl: 20 })
      await expect.poll(() => s.begin([POST], 'two')).toEqual([['MINE', 'epoch-1']])
      expect(await s.install(POST, 'one')).toBe('LOST')
      expect(await s.isWarm(POST)).toBe(false)
      expect(await s.install(POST, 'two')).toBe('OK')
    })

    it('is open again after a release, by the holder alone', async () => {
      const s = scripts()
      await s.begin([POST], 'one')
      expect(await s.release(POST, 'two')).toBe('0')
      expect(await s.begin([POST], 'three')).toMatchObject([{ 0: 'BUSY' }])
      expect(await s.release(POST, 'one')).toBe('1')
      expect(await s.begin([POST], 'three')).toMatchObject([{ 0: 'MINE' }])
    })
  })

  describe('absent', () => {
    it('keeps everybody from asking Postgres again for a moment, and leaves no key of the post', async () => {
      const s = scripts()
      await s.begin([POST, OTHER_POST], 'one')
      expect(await s.absent('one', [POST])).toEqual([POST])
      expect(await s.begin([POST, OTHER_POST], 'two')).toEqual([['ABSENT'], ['BUSY', []]])
      expect(Object.keys(await s.everything()).filter(name => name.includes(POST))).toEqual([])
    })

    it('is forgotten by itself, so that a post that is created is found', async () => {
      const s = scripts()
      await s.begin([POST], 'one')
      await s.absent('one', [POST], 20)
      await expect.poll(() => s.begin([POST], 'two')).toEqual([['MINE', 'epoch-1']])
    })

    it('does nothing to a post that another one hydrates or has hydrated', async () => {
      const s = scripts()
      await s.begin([POST, OTHER_POST], 'one', { ttl: 20 })
      await expect.poll(() => s.begin([POST], 'two')).toEqual([['MINE', 'epoch-1']])
      await s.hydrate(OTHER_POST, { base: 12 })
      expect(await s.absent('one', [POST, OTHER_POST])).toEqual([])
      expect(await s.isWarm(OTHER_POST)).toBe(true)
      expect(await s.install(POST, 'two', { base: 446 })).toBe('OK')
      expect(await s.isWarm(POST)).toBe(true)
    })
  })

  describe('install', () => {
    it('shows base plus ratings, and indexes the sessions', async () => {
      const s = scripts()
      const ratings: Rating[] = [
        ['ana', likeAt(1)],
        ['ben', likeAt(2)],
      ]
      await s.hydrate(POST, { base: 444, ratings, now: T })
      expect(await s.read([POST], 'ben')).toEqual(['446', String(T), '1', '0', '0'])
      expect(await redis().command('SMEMBERS', s.keys.sessions('ana'))).toEqual([POST])
      expect(await redis().command('EXISTS', s.keys.hydrating(POST))).toBe(0)
    })

    it('refuses a snapshot of a batch that this Redis does not remember, as one that came back older', async () => {
      const s = scripts()
      await s.drain('confirmed')
      await s.collect('outstanding')
      const verdicts: unknown[] = []
      for (const receipt of ['lost.9999999999.0', 'before.1.0', 'confirmed', 'outstanding', '']) {
        await s.begin([POST], `by ${receipt}`)
        verdicts.push(await s.install(POST, `by ${receipt}`, { receipt }))
        await s.release(POST, `by ${receipt}`)
        await s.cool(POST)
      }
      expect(verdicts).toEqual(['UNKNOWN', 'OK', 'OK', 'OK', 'OK'])
    })

    it('lays pending ops over the ratings: they add, they remove, and an older one does nothing', async () => {
      const s = scripts()
      await s.write(POST, 'removes', unlikeAt(5))
      await s.write(POST, 'adds', likeAt(5))
      await s.write(POST, 'late', unlikeAt(1))
      await s.write(OTHER_POST, 'removes', likeAt(9))
      const ratings: Rating[] = [
        ['removes', likeAt(2)],
        ['late', likeAt(2)],
        ['stays', likeAt(2)],
      ]
      await s.hydrate(POST, { base: 10, ratings })
      expect(await s.members(POST)).toEqual(['adds', 'late', 'stays'])
      expect((await s.read([POST], ''))[0]).toBe('13')
    })

    it('makes unseen ops pending that beat what Redis knows, and only those', async () => {
      const s = scripts()
      await s.write(POST, 'drained', unlikeAt(5))
      await s.drain('n1')
      await s.write(POST, 'pending', likeAt(5))
      const older: Rating[] = [
        ['drained', likeAt(4)],
        ['pending', unlikeAt(4)],
      ]
      await s.hydrate(POST, { unseen: [...older, ['unknown', likeAt(1)]] })
      expect(await s.pending()).toEqual([`${POST}|pending|${likeAt(5)}`, `${POST}|unknown|${likeAt(1)}`])
      expect(await s.members(POST)).toEqual(['pending', 'unknown'])

      await s.cool(POST)
      await s.hydrate(POST, { unseen: [['pending', unlikeAt(6)]] })
      expect(await s.pending()).toEqual([`${POST}|pending|${unlikeAt(6)}`, `${POST}|unknown|${likeAt(1)}`])
      expect(await s.members(POST)).toEqual(['unknown'])
    })

    it.each([
      ['the clock', { now: T + 7, rev: T }, T + 7],
      ["the snapshot's", { now: T, rev: T + 7 }, T + 8],
      ["the post's own before", { now: T, rev: 0 }, T + 4],
    ])('gives a revision above %s', async (_, snapshot, expected) => {
      const s = scripts()
      await s.hydrate(POST, { now: T + 3 })
      await s.cool(POST)
      await s.hydrate(POST, snapshot)
      expect((await s.read([POST], ''))[1]).toBe(String(expected))
    })

    it('does not bring back an old snapshot when begin and install arrive a second time', async () => {
      const s = scripts()
      await s.begin([POST], 'h')
      await s.install(POST, 'h')
      await s.write(POST, 'ana', likeAt(1))
      await s.drain('n1')
      await s.cool(POST)
      await s.begin([POST], 'h', { heard: false })
      expect(await s.install(POST, 'h')).toBe('LOST')
      expect(await s.isWarm(POST)).toBe(false)
    })

    it('leaves the post cold when the stores diverged meanwhile', async () => {
      const s = scripts()
      await s.begin([POST], 'h')
      await s.collect('n1')
      await s.resolve('unknown receipt', 'n1')
      await s.begin([OTHER_POST], 'other', { epoch: 'epoch-2' })
      await s.install(POST, 'h', { epoch: 'epoch-1' })
      expect(await s.isWarm(POST)).toBe(false)
    })

    it('replaces what was left of the old keys', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 1, ratings: [['old', likeAt(1)]] })
      await redis().command('DEL', s.keys.meta(POST))
      await s.hydrate(POST, { base: 5, ratings: [['new', likeAt(2)]] })
      expect(await s.members(POST)).toEqual(['new'])
      expect((await s.read([POST], ''))[0]).toBe('6')
    })
  })

  describe('stage', () => {
    const chunk = (from: number, size: number): Rating[] =>
      Array.from({ length: size }, (_, i) => [`s${String(from + i).padStart(5, '0')}`, likeAt(1)])

    it('takes a large set in chunks, with pending laid over it at install', async () => {
      const s = scripts()
      await s.write(POST, 's00000', unlikeAt(5))
      await s.write(POST, 's00001', unlikeAt(0))
      await s.write(POST, 'new', likeAt(5))
      await s.begin([POST], 'h')
      expect(await s.stage(POST, 'h', chunk(0, 500), true)).toBe('OK')
      expect(await s.stage(POST, 'h', chunk(500, 500), false)).toBe('OK')
      expect(await s.stage(POST, 'h', chunk(1000, 123), false)).toBe('OK')
      expect(await s.install(POST, 'h', { base: 7, staged: 1123, unseen: [['other', likeAt(1)]] })).toBe('OK')
      const members = await s.members(POST)
      expect(members).toHaveLength(1123 - 1 + 2)
      expect(members).not.toContain('s00000')
      expect((await s.read([POST], 's00001')).slice(0, 3)).toEqual([String(7 + 1124), String(T), '1'])
      expect(await redis().command('EXISTS', s.keys.staged(POST), s.keys.stagedOps(POST))).toBe(0)
      expect(await redis().command('TTL', s.keys.liked(POST))).toBe(-1)
      expect(await redis().command('SMEMBERS', s.keys.sessions('s01122'))).toEqual([POST])
    })

    it('does not mix with the chunks of one who gave up', async () => {
      const s = scripts()
      await s.begin([POST], 'h')
      await s.stage(POST, 'h', [['ghost', likeAt(1)]], true)
      await s.release(POST, 'h')
      await s.begin([POST], 'k')
      expect(await s.stage(POST, 'h', [['ghost', likeAt(1)]], false)).toBe('LOST')
      await s.stage(POST, 'k', [['ana', likeAt(1)]], true)
      await s.install(POST, 'k', { staged: 1 })
      expect(await s.members(POST)).toEqual(['ana'])
    })

    it.each(['staged', 'stagedOps'] as const)(
      'installs nothing when %s got lost, and lets others begin',
      async key => {
        const s = scripts()
        await s.begin([POST], 'h')
        await s.stage(POST, 'h', chunk(0, 10), true)
        await redis().command('DEL', s.keys[key](POST))
        expect(await s.install(POST, 'h', { staged: 10 })).toBe('LOST')
        expect(await s.isWarm(POST)).toBe(false)
        expect(await s.begin([POST], 'k')).toMatchObject([{ 0: 'MINE' }])
      },
    )

    it('installs nothing when its first chunk arrived once more at the end', async () => {
      const s = scripts()
      await s.begin([POST], 'h')
      await s.stage(POST, 'h', chunk(0, 10), true)
      await s.stage(POST, 'h', chunk(10, 10), false)
      await s.stage(POST, 'h', chunk(0, 10), true)
      expect(await s.install(POST, 'h', { staged: 20 })).toBe('LOST')
    })

    it('leaves nothing behind when its hydrator dies', async () => {
      const s = scripts()
      await s.begin([POST], 'h', { ttl: 20 })
      await s.stage(POST, 'h', [['ana', likeAt(1)]], true, 20)
      const left = [s.keys.hydrating(POST), s.keys.staged(POST), s.keys.stagedOps(POST)]
      await expect.poll(() => redis().command('EXISTS', ...left)).toBe(0)
    })
  })

  describe('cool', () => {
    it('makes a warm post cold once, and keeps its revision for the next', async () => {
      const s = scripts()
      expect(await s.cool(POST)).toBe('0')
      await s.hydrate(POST, { now: T + 9 })
      expect(await s.cool(POST)).toBe('1')
      expect(await s.cool(POST)).toBe('0')
      expect(await s.isWarm(POST)).toBe(false)
      await s.hydrate(POST, { now: T })
      expect((await s.read([POST], ''))[1]).toBe(String(T + 10))
    })
  })
}
