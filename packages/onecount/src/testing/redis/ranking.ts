import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, postIds, type Suite, T } from './harness'

export const ranking: Suite = (redis, harness) => {
  describe('rank', () => {
    it('is not trusted before it was filled', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 })
      expect(await s.rank()).toEqual([''])
    })

    it('ranks warm posts by their own count, cold ones by the one of Postgres, as soon as it is full', async () => {
      const s = harness()
      const [third] = postIds(1)
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      const [verdict, epoch] = await s.prepare('filler')
      expect(verdict).toBe('MINE')
      const page: [string, number][] = [
        [POST, 400],
        [OTHER_POST, 446],
      ]
      expect(await s.fill(epoch, 'filler', 0, page)).toBe('OK')
      expect(await s.ranked()).toBeNull()
      expect(await s.fill(epoch, 'filler', 1, [[third!, 3]], { last: true })).toBe('OK')
      expect(await s.rank()).toEqual([epoch, POST, '447', OTHER_POST, '446', third, '3'])
      expect(await s.ranked(1)).toEqual([POST, '447'])
    })

    it('follows every like, and the counts that a batch tells', async () => {
      const s = harness()
      await s.warm({ [POST]: 5 }, { ana: [], ben: [] })
      await s.rankAll([
        [POST, 5],
        [OTHER_POST, 6],
      ])
      await s.write(POST, 'ana', likeAt(1))
      await s.press(POST, 'ben', '1')
      expect(await s.ranked(1)).toEqual([POST, '7'])
      await s.drain({ likes: { [POST]: 9 } })
      expect(await s.ranked(1)).toEqual([POST, '9'])
    })

    it('puts equal counts in the order of their ids, the greatest first', async () => {
      const s = harness()
      await s.begin()
      const ids = [...postIds(5), POST, OTHER_POST]
      await s.rankAll(ids.map(id => [id, 3]))
      const listed = (await s.ranked())!.filter((_, i) => i % 2 === 0)
      expect(listed).toEqual([...ids].sort().reverse())
    })

    it('is not trusted any more once the stores have diverged', async () => {
      const s = harness()
      await s.begin()
      await s.rankAll([[POST, 5]])
      expect(await s.ranked()).toEqual([POST, '5'])
      await s.begin('another history')
      expect(await s.ranked()).toBeNull()
    })

    it('holds a thousand posts', async () => {
      const s = harness()
      await s.begin()
      await s.rankAll(postIds(1000).map((post, i) => [post, i]))
      expect(await s.ranked(1000)).toHaveLength(2000)
    })

    it('keeps a post whose likes were set by hand, by its new count, also before it was ranked', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 })
      await s.rankAll([[POST, 446]])
      await s.drain({
        likes: { [POST]: 1000, [OTHER_POST]: 7 },
        rows: [
          [POST, '', 0],
          [OTHER_POST, '', 0],
        ],
      })
      expect(await s.isWarm(POST)).toBe(false)
      expect(await s.ranked()).toEqual([POST, '1000', OTHER_POST, '7'])
    })
  })

  describe('a filler', () => {
    it('has to wait for the first cut', async () => {
      const s = harness()
      expect(await s.prepare('filler')).toEqual(['NEW', ''])
      expect(await s.everything()).toEqual({})
    })

    it('stops when the epoch changed meanwhile', async () => {
      const s = harness()
      await s.begin()
      const [, epoch] = await s.prepare('filler')
      await s.begin('another history')
      expect(await s.fill(epoch, 'filler', 0, [[POST, 5]], { last: true })).toBe('LOST')
      expect(await s.ranked()).toBeNull()
    })

    it('waits while another one is at it, and takes over from one that died', async () => {
      const s = harness()
      await s.begin()
      const [, epoch] = await s.prepare('first')
      expect(await s.prepare('second')).toEqual(['BUSY', ''])
      await s.fill(epoch, 'first', 0, [[POST, 5]], { ttl: 50 })
      await expect.poll(() => redis().command('EXISTS', s.keys.filling)).toBe(0)
      expect(await s.prepare('second')).toEqual(['MINE', epoch])
      await s.fill(epoch, 'second', 0, [[OTHER_POST, 6]])
      // The first one was only slow.
      expect(await s.fill(epoch, 'first', 1, [[POST, 5]], { last: true })).toBe('LOST')
      expect(await s.ranked()).toBeNull()
      await s.fill(epoch, 'second', 1, [[POST, 5]], { last: true })
      expect(await s.ranked()).toEqual([OTHER_POST, '6', POST, '5'])
    })

    it('that begins anew drops what another one had built, once that one has given up', async () => {
      const s = harness()
      await s.begin()
      const [, epoch] = await s.prepare('first')
      await s.fill(epoch, 'first', 0, [[POST, 5]])
      expect(await s.release('second')).toBe('0')
      expect(await s.prepare('second')).toEqual(['BUSY', ''])
      expect(await s.release('first')).toBe('1')
      expect(await s.release('first')).toBe('0')
      await s.rankAll([[OTHER_POST, 6]])
      expect(await s.ranked()).toEqual([OTHER_POST, '6'])
    })

    it('adds every page once and in order: a page that is repeated, late or follows a gap changes nothing', async () => {
      const s = harness()
      await s.begin()
      const [, epoch] = await s.prepare('filler')
      const page = (n: number, last = false) => s.fill(epoch, 'filler', n, [[postIds(9)[n]!, n]], { last })
      expect(await page(0)).toBe('OK')
      expect(await page(0)).toBe('LOST')
      expect(await page(2)).toBe('LOST')
      expect(await page(1)).toBe('OK')
      expect(await page(2, true)).toBe('OK')
      const before = await s.everything()
      for (const late of [page(0), page(1), page(2), page(2, true), page(3, true)])
        expect(await late).toBe('LOST')
      expect(await s.everything()).toEqual(before)
    })

    it('leaves a complete ranking to the readers, and adds to it what it lacks', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 })
      await s.rankAll([[POST, 446]])
      const [verdict, epoch] = await s.prepare('again')
      expect(verdict).toBe('COMPLETE')
      const page: [string, number][] = [
        [POST, 3],
        [OTHER_POST, 12],
      ]
      expect(await s.fill(epoch, '', 0, page)).toBe('OK')
      expect(await s.ranked()).toEqual([POST, '446', OTHER_POST, '12'])
      expect(await redis().command('EXISTS', s.keys.filling)).toBe(0)
    })

    it('adds nothing to a ranking that is not complete', async () => {
      const s = harness()
      const epoch = await s.begin()
      expect(await s.fill(epoch, '', 0, [[POST, 3]])).toBe('LOST')
      expect(await redis().command('EXISTS', s.keys.rank)).toBe(0)
    })

    it('does not overwrite counts that changed since it read a page', async () => {
      const s = harness()
      await s.begin()
      const [, epoch] = await s.prepare('filler')
      const [set, made] = postIds(2) as [string, string]
      await s.warm({ [POST]: 5 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      await s.cool(POST)
      await s.drain({ likes: { [POST]: 6, [set]: 900 }, rows: [[set, '', 0]] })
      await s.hydrate(made, 1)
      await s.fill(epoch, 'filler', 0, [
        [POST, 5],
        [set, 4],
      ])
      await s.fill(epoch, 'filler', 1, [], { last: true })
      expect(await s.ranked()).toEqual([set, '900', POST, '6', made, '1'])
    })

    it.each(['forget', 'settle'] as const)('does not bring back a post that is gone (%s)', async how => {
      const s = harness()
      await s.begin()
      const [, epoch] = await s.prepare('filler')
      if (how === 'forget') await s.forget(POST)
      else await s.drain({ rows: [[POST, '', 0]] })
      const page: [string, number][] = [
        [POST, 5],
        [OTHER_POST, 6],
      ]
      await s.fill(epoch, 'filler', 0, page)
      await s.fill(epoch, 'filler', 1, [], { last: true })
      expect(await s.ranked()).toEqual([OTHER_POST, '6'])
      // Nor does a batch that had read the post before, or a filler that begins only now.
      await s.drain({ likes: { [POST]: 5 }, rows: [[POST, '', 0]] })
      await s.fill(epoch, '', 0, [[POST, 5]])
      expect(await s.ranked()).toEqual([OTHER_POST, '6'])
      await redis().command('ZREM', s.keys.rank, `!epoch|${epoch}`)
      await s.rankAll(page)
      expect(await s.ranked()).toEqual([OTHER_POST, '6'])
    })

    it('brings a post that was gone and is there again', async () => {
      const s = harness()
      await s.begin()
      await s.rankAll([[OTHER_POST, 6]])
      await s.forget(POST)
      await s.hydrate(POST, 9)
      expect(await s.ranked()).toEqual([POST, '9', OTHER_POST, '6'])
    })

    it('remembers no gone post for ever', async () => {
      const s = harness()
      await s.begin()
      await s.rankAll([[OTHER_POST, 6]])
      await redis().command('ZADD', s.keys.rank, -1_700_000_000, '!gone|long ago')
      await s.forget(POST)
      const marks = (await redis().command('ZRANGE', s.keys.rank, 0, -1)) as string[]
      expect(marks.filter(mark => mark.startsWith('!gone|'))).toEqual([`!gone|${POST}`])
    })

    it('replaces a key of another type', async () => {
      const s = harness()
      await s.begin()
      await redis().command('SET', s.keys.rank, 'not a ranking')
      expect(await s.ranked()).toBeNull()
      await s.rankAll([[POST, 5]])
      expect(await s.ranked()).toEqual([POST, '5'])
    })
  })

  describe('forget', () => {
    it('drops the keys of a post; its pending ops stay until a batch finds no post', async () => {
      const s = harness()
      await s.warm({ [POST]: 446, [OTHER_POST]: 5 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1), { now: T + 1 })
      expect(await s.forget(POST)).toBe('OK')
      expect(await s.isWarm(POST)).toBe(false)
      expect(await s.isWarm(OTHER_POST)).toBe(true)
      expect(await s.pending()).toEqual([`${POST}|ana|${likeAt(1)}`])
      const after = await s.everything()
      expect(await s.forget(POST)).toBe('OK')
      expect({ ...(await s.everything()), [s.keys.rank]: [] }).toEqual({ ...after, [s.keys.rank]: [] })
      await s.drain()
      expect(await s.pending()).toEqual([])
    })
  })
}
