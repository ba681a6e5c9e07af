import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, postIds, type Suite } from './harness'

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
      await s.hydrate(POST, { base: 446 })
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

    it('follows every like', async () => {
      const s = harness()
      await s.hydrate(POST, { base: 5 })
      await s.rankAll([
        [POST, 5],
        [OTHER_POST, 6],
      ])
      await s.write(POST, 'ana', likeAt(1))
      await s.write(POST, 'ben', likeAt(1))
      expect(await s.ranked(1)).toEqual([POST, '7'])
    })

    it('puts equal counts in the order of their ids, the greatest first', async () => {
      const s = harness()
      const ids = [...postIds(5), POST, OTHER_POST]
      await s.rankAll(ids.map(id => [id, 3]))
      const listed = (await s.ranked())!.filter((_, i) => i % 2 === 0)
      expect(listed).toEqual([...ids].sort().reverse())
    })

    it('is not trusted any more once the stores have diverged', async () => {
      const s = harness()
      await s.rankAll([[POST, 5]])
      await s.collect('n1')
      await s.resolve('another history', 'n1')
      expect(await s.ranked()).toBeNull()
    })

    it('holds a thousand posts', async () => {
      const s = harness()
      await s.rankAll(postIds(1000).map((post, i) => [post, i]))
      expect(await s.ranked(1000)).toHaveLength(2000)
    })

    it('keeps a post whose likes were set by hand, by its new count, also before it was ranked', async () => {
      const s = harness()
      await s.hydrate(POST, { base: 446 })
      await s.rankAll([[POST, 446]])
      await s.collect('n1', {
        rows: [
          [POST, '', 1000],
          [OTHER_POST, '', 7],
        ],
      })
      expect(await s.isWarm(POST)).toBe(false)
      expect(await s.ranked()).toEqual([POST, '1000', OTHER_POST, '7'])
    })
  })

  describe('a filler', () => {
    it('stops when the epoch changed meanwhile', async () => {
      const s = harness()
      const [, epoch] = await s.prepare('filler')
      await redis().command('DEL', s.keys.q)
      await s.begin([POST], 'h', { epoch: 'epoch-2' })
      expect(await s.fill(epoch, 'filler', 0, [[POST, 5]], { last: true })).toBe('LOST')
      expect(await s.ranked()).toBeNull()
    })

    it('waits while another one is at it, and takes over from one that died', async () => {
      const s = harness()
      const [, epoch] = await s.prepare('first', { ttl: 50 })
      await s.fill(epoch, 'first', 0, [[POST, 5]], { ttl: 50 })
      expect(await s.prepare('second')).toEqual(['BUSY', ''])
      await expect.poll(() => redis().command('EXISTS', s.keys.filling)).toBe(0)
      expect(await s.prepare('second')).toEqual(['MINE', epoch])
      await s.fill(epoch, 'second', 0, [[OTHER_POST, 6]])
      // The first one was only slow.
      expect(await s.fill(epoch, 'first', 1, [[POST, 5]], { last: true })).toBe('LOST')
      expect(await s.ranked()).toBeNull()
      await s.fill(epoch, 'second', 1, [[POST, 5]], { last: true })
      expect(await s.ranked()).toEqual([OTHER_POST, '6', POST, '5'])
    })

    it('that begins anew drops what another one had built', async () => {
      const s = harness()
      const [, epoch] = await s.prepare('first')
      await s.fill(epoch, 'first', 0, [[POST, 5]])
      await s.release('unknown', 'first')
      await redis().command('DEL', s.keys.filling)
      await s.rankAll([[OTHER_POST, 6]])
      expect(await s.ranked()).toEqual([OTHER_POST, '6'])
    })

    it('brings every page once and in order: what is repeated, late or missing changes nothing', async () => {
      const s = harness()
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
      await s.hydrate(POST, { base: 446 })
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

    it('does not overwrite what changed since it read a page', async () => {
      const s = harness()
      const [, epoch] = await s.prepare('filler')
      const [set, made] = postIds(2) as [string, string]
      await s.hydrate(POST, { base: 5 })
      await s.write(POST, 'ana', likeAt(1))
      await s.cool(POST)
      await s.collect('n1', { rows: [[set, '', 900]] })
      await s.hydrate(made, { base: 1 })
      await s.fill(epoch, 'filler', 0, [
        [POST, 5],
        [set, 4],
      ])
      await s.fill(epoch, 'filler', 1, [], { last: true })
      expect(await s.ranked()).toEqual([set, '900', POST, '6', made, '1'])
    })

    it.each(['forget', 'collect'] as const)('does not bring back a post that is gone (%s)', async how => {
      const s = harness()
      const gone = async (name: string) => {
        if (how === 'forget') await s.forget([POST])
        else await s.collect(name, { rows: [[POST, '', '']] })
      }
      const [, epoch] = await s.prepare('filler')
      await gone('n1')
      await s.fill(epoch, 'filler', 0, [
        [POST, 5],
        [OTHER_POST, 6],
      ])
      await s.fill(epoch, 'filler', 1, [], { last: true })
      expect(await s.ranked()).toEqual([OTHER_POST, '6'])
      // Nor does another drain that had read the post before, or a filler that begins only now.
      await s.collect('n2', { rows: [[POST, '', 5]] })
      await s.fill(epoch, '', 0, [[POST, 5]])
      expect(await s.ranked()).toEqual([OTHER_POST, '6'])
      await redis().command('ZREM', s.keys.rank, `!epoch|${epoch}`)
      await s.rankAll([
        [POST, 5],
        [OTHER_POST, 6],
      ])
      expect(await s.ranked()).toEqual([OTHER_POST, '6'])
    })

    it('brings a post that was gone and is there again', async () => {
      const s = harness()
      await s.rankAll([[OTHER_POST, 6]])
      await s.forget([POST])
      await s.hydrate(POST, { base: 9 })
      expect(await s.ranked()).toEqual([POST, '9', OTHER_POST, '6'])
    })

    it('remembers no post that never was, and no gone one for ever', async () => {
      const s = harness()
      await s.rankAll([[OTHER_POST, 6]])
      await s.begin([POST], 'token')
      expect(await s.absent('token', [POST])).toEqual([POST])
      expect(await redis().command('ZCARD', s.keys.rank)).toBe(2)
      await redis().command('ZADD', s.keys.rank, -1_700_000_000, '!gone|long ago')
      await s.forget([POST])
      const marks = (await redis().command('ZRANGE', s.keys.rank, 0, -1)) as string[]
      expect(marks.filter(mark => mark.startsWith('!gone|'))).toEqual([`!gone|${POST}`])
    })

    it('replaces a key of another type', async () => {
      const s = harness()
      await redis().command('SET', s.keys.rank, 'not a ranking')
      expect(await s.ranked()).toBeNull()
      await s.rankAll([[POST, 5]])
      expect(await s.ranked()).toEqual([POST, '5'])
    })
  })
}
