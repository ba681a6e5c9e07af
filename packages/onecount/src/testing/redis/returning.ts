import { describe, expect, it } from 'vitest'
import { type Answer, type Harness, likeAt, OTHER_POST, POST, type Suite, T, unlikeAt } from './harness'

/** Postgres has told that the post was removed, and that it is there again as a new one. */
const returned = (): Answer => ({ likes: { [POST]: 0 }, rows: [[POST, '', 1]] })
const removed = (): Answer => ({ rows: [[POST, '', 1]] })
/** As the script has it. */
const MOST_GONE = 100_000

/** Ana likes both posts, and Postgres knows it. */
async function anaLikes(s: Harness): Promise<string> {
  const ops: [string, number][] = [
    [POST, likeAt(1)],
    [OTHER_POST, likeAt(1)],
  ]
  return await s.warm({ [POST]: 446, [OTHER_POST]: 5 }, { ana: ops, ben: [] })
}

const epochOf = async (s: Harness) => (await s.status()).epoch

/** A post that was removed, and that is there again with the same id: no session likes it. */
export const returning: Suite = (redis, harness) => {
  describe('a post that is there again as a new one', () => {
    it('between two batches: the first to read it finds that no session is known, and every post is cold', async () => {
      const s = harness()
      const before = await anaLikes(s)
      await s.drain(returned())
      expect(await epochOf(s)).toBe(before)
      expect([await s.isWarm(POST), await s.isWarm(OTHER_POST)]).toEqual([false, true])
      expect(await s.installPosts((await s.status()).cut, [[POST, 0]])).toEqual(['AGAIN'])
      expect(await epochOf(s)).not.toBe(before)
      expect(await s.known('ana')).toBe('')
      expect([await s.isWarm(POST), await s.isWarm(OTHER_POST)]).toEqual([false, false])
      await s.warm({ [POST]: 0 }, { ana: [[OTHER_POST, likeAt(1)]] })
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 0, op: '' })
    })

    it('later: the first to read it finds that no session is known', async () => {
      const s = harness()
      const before = await anaLikes(s)
      await s.drain(removed())
      expect(await epochOf(s)).toBe(before)
      expect([await s.known('ana'), await s.isWarm(OTHER_POST)]).toEqual(['all', true])
      const { cut } = await s.status()
      expect(await s.installPosts(cut, [[POST, 0]])).toEqual(['AGAIN'])
      expect(await epochOf(s)).not.toBe(before)
      expect([await s.known('ana'), await s.isWarm(OTHER_POST)]).toEqual(['', false])
      expect(await s.installPosts(cut, [[POST, 0]])).toEqual(['OK'])
      expect(await s.shown(POST)).toMatchObject({ count: 0, guesses: 0 })
    })

    it('ends one epoch: after that it is a post like others', async () => {
      const s = harness()
      await anaLikes(s)
      await s.drain(removed())
      const { cut } = await s.status()
      await s.installPosts(cut, [[POST, 0]])
      const epoch = await epochOf(s)
      for (const post of [POST, OTHER_POST])
        expect(await s.installPosts(cut, [[post, 0]]), post).toEqual(['OK'])
      await s.drain()
      expect(await epochOf(s)).toBe(epoch)
      expect(await redis().command('ZLEXCOUNT', s.keys.q, '[!gone|', '(!gone}')).toBe(0)
    })

    it('again and again: once in three seconds, and Postgres serves it until then', async () => {
      const s = harness()
      await anaLikes(s)
      await s.drain(removed())
      const install = async () =>
        s.installPosts((await s.status()).cut, [
          [POST, 0],
          [OTHER_POST, 5],
        ])
      expect(await install()).toEqual(['AGAIN'])
      const epoch = await epochOf(s)
      for (const answer of [returned(), removed()]) {
        await s.drain(answer)
        expect(await install()).toEqual(['MANY', 'OK'])
      }
      expect([await epochOf(s), await s.isWarm(POST), await s.isWarm(OTHER_POST)]).toEqual([
        epoch,
        false,
        true,
      ])
      const marks = await redis().command('ZRANGEBYLEX', s.keys.q, '[!returned|', '(!returned}')
      const [mark] = marks as [string]
      await redis().command('ZREM', s.keys.q, mark)
      await redis().command('ZADD', s.keys.q, 0, `!returned|${Number(mark.split('|')[1]) - 3}`)
      expect(await install()).toEqual(['AGAIN'])
      expect(await epochOf(s)).not.toBe(epoch)
      expect(await install()).toEqual(['OK', 'OK'])
    })

    it('is ranked again, and its mirror has those who have pressed it since', async () => {
      const s = harness()
      await anaLikes(s)
      await s.drain(removed())
      const rankOf = (member: string) => redis().command('ZSCORE', s.keys.rank, member)
      expect([await rankOf(POST), await rankOf(`!gone|${POST}`)]).toEqual([null, expect.anything()])
      await s.drain(returned())
      expect([await rankOf(POST), await rankOf(`!gone|${POST}`)]).toEqual([expect.anything(), null])
    })

    it('has in its mirror those who have pressed it since', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [], ben: [] })
      await s.write(POST, 'ana', likeAt(1))
      await s.drain({ likes: { [POST]: 1 } })
      expect(await s.likers(POST)).toEqual(['ana'])
      await s.write(POST, 'ben', likeAt(5))
      await s.drain(returned())
      expect(await s.likers(POST)).toEqual(['ben'])
    })

    it('counts what is pending on it as a guess until it is drained', async () => {
      const s = harness()
      await anaLikes(s)
      await s.drain(removed())
      // Of a cold post, with what ana had pressed on the one before.
      await s.write(POST, 'ana', unlikeAt(5), { accept: 'any' })
      const { cut } = await s.status()
      await s.installPosts(cut, [[POST, 7]])
      await s.installPosts(cut, [[POST, 7]])
      expect(await s.shown(POST)).toMatchObject({ guesses: 1 })
      await s.drain({ likes: { [POST]: 7 } })
      expect(await s.shown(POST)).toMatchObject({ count: 7, guesses: 0 })
    })

    it('is nothing that likes set by hand are', async () => {
      const s = harness()
      const before = await anaLikes(s)
      await s.drain({ likes: { [POST]: 1000 }, rows: [[POST, '', 0]] })
      expect(await epochOf(s)).toBe(before)
      expect([await s.known('ana'), await s.isWarm(OTHER_POST)]).toEqual(['all', true])
      expect(await s.installPosts((await s.status()).cut, [[POST, 1000]])).toEqual(['OK'])
    })
  })

  describe('posts that are gone', () => {
    const remembered = async (s: Harness) =>
      Number(await redis().command('ZLEXCOUNT', s.keys.q, '[!gone|', '(!gone}'))
    const remember = async (s: Harness, epoch: string, n: number) => {
      for (let from = 0; from < n; from += 10_000) {
        const marks = Array.from({ length: Math.min(10_000, n - from) }, (_, i) => [
          0,
          `!gone|${epoch}|post-${from + i}`,
        ])
        await redis().command('ZADD', s.keys.q, ...marks.flat())
      }
    }

    it('are remembered up to a bound: then an epoch ends, and they are swept in parts', async () => {
      const s = harness()
      const before = await anaLikes(s)
      await remember(s, before, MOST_GONE - 1)
      await s.drain(removed())
      expect(await epochOf(s)).toBe(before)
      await s.drain({ rows: [[OTHER_POST, '', 1]] })
      expect(await epochOf(s)).not.toBe(before)
      expect(await remembered(s)).toBe(MOST_GONE + 1 - 1000)
      await s.drain()
      expect(await remembered(s)).toBe(MOST_GONE + 1 - 2000)
    })

    it('are no pending ops, and of an epoch that has ended no reason for another one', async () => {
      const s = harness()
      const before = await anaLikes(s)
      await remember(s, '0123456789abcdef', 20)
      await s.drain(removed())
      expect(await remembered(s)).toBe(1)
      expect(await s.status()).toMatchObject({ pending: 0, epoch: before })
      await remember(s, '0123456789abcdef', 20)
      await redis().command('ZADD', s.keys.q, 0, `!gone|0123456789abcdef|${OTHER_POST}`)
      await s.cool(OTHER_POST)
      expect(await s.installPosts((await s.status()).cut, [[OTHER_POST, 5, T]])).toEqual(['OK'])
      expect(await epochOf(s)).toBe(before)
    })
  })
}
