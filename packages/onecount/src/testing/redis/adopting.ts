import { describe, expect, it } from 'vitest'
import { epochOf, likeAt, OTHER_POST, POST, type Suite, unlikeAt } from './harness'

/** The marks that the version before leaves in its queue. */
const MARKS = [
  '!epoch|hydrator.1795000000.000001',
  `!forgot|${likeAt(-900)}`,
  '!home|here',
  '!nonce|batch.1795000000.000002',
  '!out|000000000000001|batch.1795000000.000003',
]

export const adopting: Suite = (redis, harness) => {
  const PENDING = [
    `${POST}|ana|${likeAt(1)}|0`,
    `${POST}|ben|${unlikeAt(2)}|1995000000000000`,
    `${POST}|eva|${likeAt(3)}|1995000000000001`,
    `${OTHER_POST}|ana|${likeAt(4)}|0`,
    `${OTHER_POST}|s:1.0-x|${unlikeAt(5)}|0`,
  ]
  /** The same ops as pairs. */
  const OPS = {
    [`${POST}|ana`]: likeAt(1),
    [`${POST}|ben`]: unlikeAt(2),
    [`${POST}|eva`]: likeAt(3),
    [`${OTHER_POST}|ana`]: likeAt(4),
    [`${OTHER_POST}|s:1.0-x`]: unlikeAt(5),
  }

  describe('adopt', () => {
    /** A Redis as the version before leaves it. */
    const leaveQueue = async (members = [...MARKS, ...PENDING]) => {
      const s = harness()
      await redis().command('ZADD', s.keys.before, ...members.flatMap(member => [0, member]))
      return s
    }

    const expectAdopted = async () => {
      const s = harness()
      expect(await redis().command('EXISTS', s.keys.beforeRest)).toBe(0)
      expect(await redis().command('TYPE', s.keys.before)).toBe('string')
      expect(await s.recent()).toEqual(OPS)
    }

    it('takes over the pending ops, which the first cut makes pending again', async () => {
      const s = await leaveQueue()
      const { nonce } = (await s.collect())!
      expect(await s.adopt()).toBe('0')
      await expectAdopted()
      await s.resolve('receipt', nonce)
      expect(await s.queue()).toEqual(Object.entries(OPS).map(([pair, op]) => `${pair}|${op}|0|0|`))
      expect(await s.status()).toMatchObject({
        cut: 'receipt',
        epoch: epochOf(nonce),
        home: 'here',
        pending: 5,
      })
    })

    it('takes it over in slices', async () => {
      const s = await leaveQueue()
      expect([await s.adopt(2), await s.adopt(2), await s.adopt(2)]).toEqual(['1', '1', '0'])
      await expectAdopted()
    })

    it('also where the last slice is full', async () => {
      const s = await leaveQueue()
      expect([await s.adopt(5), await s.adopt(5)]).toEqual(['1', '0'])
      await expectAdopted()
      expect(await s.status()).toMatchObject({ home: 'here' })
    })

    it('goes on where it was cut off, and does nothing once it is through', async () => {
      const s = await leaveQueue()
      expect(await s.adopt(3)).toBe('1')
      // Another process begins anew, maybe much later.
      while ((await s.adopt(1)) === '1');
      await expectAdopted()
      const after = await s.everything()
      expect(await s.adopt()).toBe('0')
      expect(await s.everything()).toEqual(after)
    })

    it('is the same when two are at it at once', async () => {
      const s = await leaveQueue()
      const adoptAll = async () => {
        while ((await s.adopt(1)) === '1');
      }
      await Promise.all([adoptAll(), adoptAll()])
      await expectAdopted()
      expect(await s.status()).toMatchObject({ home: 'here' })
    })

    it('keeps newer recent ops, and ops that are pending already', async () => {
      const s = await leaveQueue()
      await redis().command('ZADD', s.keys.recent, unlikeAt(9), `${POST}|ana`, likeAt(0), `${POST}|ben`)
      await s.write(POST, 'eva', unlikeAt(9), { accept: 'any' })
      await s.adopt()
      expect(await s.recent()).toEqual({ ...OPS, [`${POST}|ana`]: unlikeAt(9) })
      await s.begin()
      expect(await s.pending()).toContain(`${POST}|ana|${unlikeAt(9)}`)
      expect(await s.pending()).toContain(`${POST}|eva|${unlikeAt(9)}`)
      expect(await s.pending()).toHaveLength(5)
    })

    it('gives this Redis the id of before, unless it has one', async () => {
      const s = await leaveQueue()
      await s.collect('n', { home: 'named' })
      await s.adopt()
      expect(await s.status()).toMatchObject({ home: 'named' })
    })

    it('has nothing to take from a queue of marks, or of nothing', async () => {
      const s = await leaveQueue(MARKS)
      expect(await s.adopt()).toBe('0')
      expect(await s.recent()).toEqual({})
      expect(await s.status()).toMatchObject({ home: 'here' })
      await redis().command('FLUSHALL')
      expect(await s.adopt()).toBe('0')
      expect(Object.keys(await s.everything())).toEqual([s.keys.before])
    })

    it('passes over members that are no ops', async () => {
      const s = await leaveQueue(['nonsense', `${POST}|ana|x|0`, PENDING[0]!])
      expect(await s.adopt()).toBe('0')
      expect(await s.recent()).toEqual({ [`${POST}|ana`]: likeAt(1) })
      expect(await redis().command('EXISTS', s.keys.beforeRest)).toBe(0)
    })

    // What the scripts of the version before begin with.
    it.each([
      ['ZREM', ['']],
      ['ZRANGE', [0, 0]],
    ] as const)('fails the scripts of the version before from its first slice on: %s', async (name, args) => {
      const s = await leaveQueue()
      const call = () => redis().command(name, s.keys.before, ...args)
      await call()
      await s.adopt(1)
      await expect(call()).rejects.toThrow('WRONGTYPE')
      while ((await s.adopt(1)) === '1');
      await expect(call()).rejects.toThrow('WRONGTYPE')
    })

    it('fails them also where there was no queue: it would be a second one', async () => {
      const s = harness()
      await s.adopt()
      await expect(redis().command('ZREM', s.keys.before, '')).rejects.toThrow('WRONGTYPE')
    })
  })
}
