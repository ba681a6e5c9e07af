import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, postIds, type Suite } from './harness'

export const ranking: Suite = (redis, scripts) => {
  describe('rank', () => {
    it('is not trusted before it was filled', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      expect(await s.rank()).toEqual(['0'])
    })

    it('ranks warm posts by their own count, cold ones by the one of Postgres, as soon as it is full', async () => {
      const s = scripts()
      const [third] = postIds(1)
      await s.hydrate(POST, { base: 446 })
      await s.write(POST, 'ana', likeAt(1))
      const epoch = (await s.fill('', [])) as string
      expect(
        await s.fill(epoch, [
          [POST, 400],
          [OTHER_POST, 446],
        ]),
      ).toBe(epoch)
      expect(await s.rank()).toEqual(['0'])
      await s.fill(epoch, [[third!, 3]], true)
      expect(await s.rank()).toEqual(['1', POST, '447', OTHER_POST, '446', third, '3'])
      expect(await s.rank(1)).toEqual(['1', POST, '447'])
    })

    it('follows every like', async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 5 })
      await s.fill(
        (await s.fill('', [])) as string,
        [
          [POST, 5],
          [OTHER_POST, 6],
        ],
        true,
      )
      await s.write(POST, 'ana', likeAt(1))
      await s.write(POST, 'ben', likeAt(1))
      expect(await s.rank(1)).toEqual(['1', POST, '7'])
    })

    it('is not trusted any more once the stores have diverged', async () => {
      const s = scripts()
      await s.fill((await s.fill('', [])) as string, [[POST, 5]], true)
      await s.collect('n1')
      await s.resolve('another history', 'n1')
      expect(await s.rank()).toEqual(['0'])
    })

    it('stops filling when the epoch changed meanwhile', async () => {
      const s = scripts()
      const epoch = (await s.fill('', [])) as string
      await redis().command('DEL', s.keys.q)
      await s.begin([POST], 'h', { epoch: 'epoch-2' })
      expect(await s.fill(epoch, [[POST, 5]], true)).toBe('')
      expect(await s.rank()).toEqual(['0'])
    })

    it('holds a thousand posts', async () => {
      const s = scripts()
      const posts = postIds(1000).map((post, i): [string, number] => [post, i])
      await s.fill((await s.fill('', [])) as string, posts, true)
      const [complete, ...flat] = await s.rank(1000)
      expect(complete).toBe('1')
      expect(flat).toHaveLength(2000)
    })
  })
}
