import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, receiptOf, type Suite, slicesOf, T, unlikeAt } from './harness'

const any = { accept: 'any' } as const

export const collecting: Suite = (redis, harness) => {
  describe('collect', () => {
    it('hands out the pending ops with the revisions of their posts, and names the cut', async () => {
      const s = harness()
      const epoch = await s.warm({ [POST]: 0 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1), { now: T + 1 })
      await s.write(OTHER_POST, 'ana', likeAt(2), any)
      const batch = await s.collect('id')
      expect(batch).toEqual({
        home: '',
        parent: 'first',
        nonce: expect.stringMatching(/^id\.\d+\.\d+$/),
        after: '',
        last: '',
        members: [
          `${POST}|ana|${likeAt(1)}|${T + 1}|1|${epoch}`,
          `${OTHER_POST}|ana|${likeAt(2)}|0|1|${epoch}`,
        ],
      })
    })

    it('hands out the same batch to every caller until it is settled, whatever is pressed meanwhile', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      const batch = (await s.collect('one'))!
      await s.write(POST, 'ana', unlikeAt(2))
      await s.write(OTHER_POST, 'ben', likeAt(1), any)
      expect(await s.collect('two', { limit: 1, after: 'elsewhere' })).toEqual(batch)
      await s.settle(batch, { likes: { [POST]: 1 } })
      const next = (await s.collect('three'))!
      expect(next.nonce).not.toBe(batch.nonce)
      expect(next.parent).toBe(receiptOf(batch))
      expect(next.members.map(member => member.split('|')[2])).toEqual([
        String(unlikeAt(2)),
        String(likeAt(1)),
      ])
    })

    it('hands out a batch of nothing, which moves the cut', async () => {
      const s = harness()
      await s.begin()
      const batch = (await s.collect())!
      expect(batch).toMatchObject({ parent: 'first', members: [] })
      expect(await s.settle(batch)).toEqual(['OK'])
      expect(await s.status()).toMatchObject({ cut: receiptOf(batch) })
    })

    it('pages through the pending ops, and begins again at the end', async () => {
      const s = harness()
      for (const session of ['a', 'b', 'c', 'd', 'e']) await s.write(POST, session, likeAt(1), any)
      const page = async (after: string) => {
        const batch = (await s.collect('n', { limit: 2, after }))!
        await s.abandon(batch.nonce)
        return batch
      }
      const sessions = ({ members }: { members: string[] }) => members.map(member => member.split('|')[1])
      const first = await page('')
      const second = await page(first.last)
      const third = await page(second.last)
      expect([first, second, third].flatMap(sessions)).toEqual([...'abcde'])
      expect(second).toMatchObject({ after: first.members[1], last: second.members[1] })
      expect(third.last).toBe('')
      const again = await page(third.members[0]!)
      expect(sessions(again)).toEqual(['a', 'b'])
      expect(again.after).toBe('')
    })

    it('makes a nonce of its own every time, also when it arrives a second time in a Redis that lost the first', async () => {
      const s = harness()
      const { nonce } = (await s.collect('n'))!
      await redis().command('FLUSHALL')
      await expect
        .poll(
          async () => {
            await redis().command('FLUSHALL')
            return (await s.collect('n'))!.nonce
          },
          { interval: 1 },
        )
        .not.toBe(nonce)
    })

    it('hands out no batch until the ops that a store had lost are pending again', async () => {
      const s = harness()
      await s.begin()
      await s.write(POST, 'ana', likeAt(1), any)
      await s.drain({ likes: { [POST]: 1 } })
      await s.resolve('second', (await s.collect())!.nonce, 1)
      const before = await s.everything()
      expect(await s.collect()).toBeNull()
      expect(await s.everything()).toEqual(before)
    })
  })

  describe('the id of Redis', () => {
    it('is given once, and kept over another cut', async () => {
      const s = harness()
      expect(await s.collect('n', { home: 'here' })).toMatchObject({ home: 'here' })
      await s.begin()
      expect(await s.collect('n', { home: 'there', isSure: true })).toMatchObject({ home: 'here' })
      expect(await s.status()).toMatchObject({ home: 'here' })
    })

    it('is corrected before there is a cut by a caller that is sure of it', async () => {
      const s = harness()
      await s.collect('n', { home: 'guessed' })
      expect(await s.collect('n', { home: 'other' })).toMatchObject({ home: 'guessed' })
      expect(await s.collect('n', { home: 'known', isSure: true })).toMatchObject({ home: 'known' })
    })

    it('is not needed', async () => {
      const s = harness()
      expect(await s.collect()).toMatchObject({ home: '' })
      expect(await s.status()).toMatchObject({ home: '' })
    })
  })

  describe('abandon', () => {
    it('drops the batch in flight, whose ops stay pending, so that another one can be made', async () => {
      const s = harness()
      await s.begin()
      await s.write(POST, 'ana', likeAt(1), any)
      const batch = (await s.collect())!
      expect(await s.abandon(batch.nonce)).toBe('1')
      expect(await s.settle(batch, { likes: { [POST]: 1 } })).toEqual(['LATE'])
      expect(await s.pending()).toHaveLength(1)
      const next = (await s.collect('n', { limit: 1 }))!
      expect(next).toMatchObject({ parent: 'first', members: batch.members })
      expect(next.nonce).not.toBe(batch.nonce)
    })

    it('does nothing to another batch, nor twice', async () => {
      const s = harness()
      await s.begin()
      const { nonce } = (await s.collect('one'))!
      await s.abandon(nonce)
      expect(await s.abandon(nonce)).toBe('0')
      await s.collect('two')
      const before = await s.everything()
      expect(await s.abandon(nonce)).toBe('0')
      expect(await s.everything()).toEqual(before)
    })

    it('leaves a batch of which some is settled', async () => {
      const s = harness()
      await s.begin()
      for (const session of ['a', 'b']) await s.write(POST, session, likeAt(1), any)
      const batch = (await s.collect())!
      const [slice] = slicesOf(batch, { likes: { [POST]: 2 } }, 1)
      await s.settleSlice(batch, receiptOf(batch), slice!)
      const before = await s.everything()
      expect(await s.abandon(batch.nonce)).toBe('0')
      expect(await s.everything()).toEqual(before)
    })
  })

  describe('status', () => {
    it('tells how many ops are pending and the age of the oldest, and changes nothing', async () => {
      const s = harness()
      expect(await s.status()).toEqual({ cut: '', epoch: '', pending: 0, oldest: 0, home: '' })
      const epoch = await s.warm({ [POST]: 0 })
      await s.write(POST, 'ana', likeAt(7), any)
      await s.write(POST, 'ben', unlikeAt(3), any)
      await s.write(POST, 'eva', unlikeAt(2), any)
      await s.collect()
      const before = await s.everything()
      const status = { cut: 'first', epoch, pending: 3, oldest: unlikeAt(2), home: '' }
      expect(await s.status()).toEqual(status)
      expect(await s.status(2)).toEqual({ ...status, oldest: unlikeAt(3) })
      expect(await s.everything()).toEqual(before)
    })

    it('counts the ops that have to become pending again', async () => {
      const s = harness()
      await s.begin()
      for (const session of ['a', 'b', 'c']) await s.write(POST, session, likeAt(1), any)
      await s.drain({ likes: { [POST]: 3 } })
      await s.resolve('second', (await s.collect())!.nonce, 2)
      expect(await s.pending()).toHaveLength(2)
      expect(await s.status()).toMatchObject({ cut: 'second', pending: 3 })
    })
  })
}
