import { describe, expect, it } from 'vitest'
import { likeAt, POST, receiptOf, type Suite } from './harness'

const any = { accept: 'any' } as const

export const leases: Suite = (redis, harness) => {
  describe('the lease of the drain', () => {
    it('is of the first drainer that collects, and keeps others away for its time', async () => {
      const s = harness()
      await s.begin()
      const batch = await s.collect('n', { drainer: 'one', leaseMs: 50_000 })
      expect(batch).not.toBeNull()
      expect(await s.collect('n', { drainer: 'one' })).toEqual(batch)
      const heldMs = (await s.heldFor('two'))!
      expect(heldMs).toBeGreaterThan(50_000)
      expect(heldMs).toBeLessThanOrEqual(60_000)
    })

    it('does not stop a caller that drains without the lease', async () => {
      const s = harness()
      await s.begin()
      const batch = await s.collect('n', { drainer: 'one' })
      expect(await s.collect('n')).toEqual(batch)
      expect(await s.heldFor('two')).not.toBeNull()
    })

    it('is kept as long as something is handed out, and given back with the last batch', async () => {
      const s = harness()
      await s.begin()
      for (const session of ['a', 'b']) await s.write(POST, session, likeAt(1), any)
      const first = (await s.collect('n', { drainer: 'one', limit: 1 }))!
      await s.settle(
        first,
        { likes: { [POST]: 1 } },
        { drainer: 'one', leaseMs: 90_000, limit: 1, after: first.last },
      )
      expect(await s.heldFor('two')).toBeGreaterThan(60_000)
      await s.settle(
        (await s.collect('n', { drainer: 'one' }))!,
        { likes: { [POST]: 2 } },
        { drainer: 'one' },
      )
      expect(await redis().command('EXISTS', s.keys.lease)).toBe(0)
      expect(await s.heldFor('two')).toBeNull()
    })

    it('is not released by a process that does not have it', async () => {
      const s = harness()
      await s.begin()
      const batch = (await s.collect('n', { drainer: 'one' }))!
      expect(await s.settle(batch, {}, { drainer: 'two' })).toEqual(['OK'])
      expect(await s.heldFor('two')).not.toBeNull()
    })

    it('of before the clock was set back is no lease', async () => {
      const s = harness()
      await s.begin()
      await redis().command('SET', s.keys.lease, `one|${Date.now() + 86_400_000}`)
      expect(await s.heldFor('two')).toBeNull()
    })

    it('decides nothing: a key of another type is no lease', async () => {
      const s = harness()
      await s.begin()
      await redis().command('RPUSH', s.keys.lease, 'x')
      const batch = (await s.collect('n', { drainer: 'one' }))!
      expect(await s.settle(batch, {}, { drainer: 'one' })).toEqual(['OK'])
    })
  })

  describe('look', () => {
    const turns = async (s: ReturnType<typeof harness>, n: number) => {
      const all: number[] = []
      for (let i = 0; i < n; i++) all.push(Number((await s.look(10_000))[0]))
      return all
    }

    it('gives each process that looks a turn of its own, one after the other', async () => {
      const found = await turns(harness(), 3)
      for (const [i, ms] of found.entries()) {
        expect(ms).toBeLessThanOrEqual((i + 1) * 10_000)
        expect(ms).toBeGreaterThan(i * 10_000)
      }
    })

    it('delays no process for longer than a turn, whatever its key holds', async () => {
      const s = harness()
      for (const last of [Date.now() + 86_400_000, 'text']) {
        await redis().command('SET', s.keys.turns(10_000), last)
        expect(Number((await s.look(10_000))[0])).toBeLessThanOrEqual(10_000)
      }
      await redis().command('DEL', s.keys.turns(10_000))
      await redis().command('RPUSH', s.keys.turns(10_000), 'x')
      expect(Number((await s.look(10_000))[0])).toBeLessThanOrEqual(10_000)
    })

    it('says whether something is pending, the cut and the id of this Redis', async () => {
      const s = harness()
      expect((await s.look(10)).slice(1)).toEqual(['0', '', ''])
      await s.write(POST, 'ana', likeAt(1), any)
      expect((await s.look(10)).slice(1)).toEqual(['1', '', ''])
      await s.begin()
      const batch = (await s.collect('n', { home: 'here' }))!
      expect((await s.look(10)).slice(1)).toEqual(['1', 'first', 'here'])
      await s.settle(batch, { likes: { [POST]: 1 } })
      expect((await s.look(10)).slice(1)).toEqual(['0', receiptOf(batch), 'here'])
    })

    it('looks at the queues of other kinds in the same call', async () => {
      const s = harness()
      const [empty, other] = ['empty', 'other'].map(kind => s.keys.q.replace('likes:', `${kind}:likes:`)) as [
        string,
        string,
      ]
      await s.begin()
      await redis().command('ZADD', other, '0', `!nonce|theirs`, '0', `${POST}|ana|${likeAt(1)}|1|1|`)
      const [, ...seen] = await s.look(10, [empty, other])
      expect(seen).toEqual(['0', 'first', seen[2], '0', '', '', '1', 'theirs', ''])
    })

    it('says that something is pending while it comes back in slices', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [], ben: [] })
      for (const session of ['ana', 'ben']) await s.write(POST, session, likeAt(1))
      await s.drain({ likes: { [POST]: 2 } })
      await s.resolve('second', (await s.collect())!.nonce, 1)
      expect((await s.look(10))[1]).toBe('1')
    })
  })
}
