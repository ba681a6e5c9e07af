import { describe, expect, it } from 'vitest'
import {
  type Answer,
  type Batch,
  likeAt,
  OTHER_POST,
  POST,
  receiptOf,
  type Suite,
  slicesOf,
  T,
  unlikeAt,
} from './harness'

const SESSIONS = ['a', 'b', 'c', 'd']
const any = { accept: 'any' } as const

export const slices: Suite = (_, harness) => {
  describe('settle in slices', () => {
    /** A batch of four likes of a post, cut into slices that can be sent one by one. */
    async function start({ size = 1, known = SESSIONS, likes = 4 } = {}) {
      const s = harness()
      await s.warm({ [POST]: 0 }, Object.fromEntries(known.map(id => [id, []])))
      for (const session of SESSIONS) await s.write(POST, session, likeAt(1), any)
      const batch = (await s.collect())!
      return { s, batch, send: sender(batch, { likes: { [POST]: likes } }, size) }
    }

    function sender(batch: Batch, answer: Answer, size: number) {
      const parts = slicesOf(batch, answer, size)
      return (n: number, now = T) => harness().settleSlice(batch, receiptOf(batch), parts[n]!, { now })
    }

    it('settles pair by pair; the last one moves the cut and hands out the next batch', async () => {
      const { s, batch, send } = await start()
      await s.write(OTHER_POST, 'a', likeAt(2), any)
      for (const n of [0, 1, 2]) {
        expect(await send(n)).toEqual(['OK'])
        expect(await s.collect()).toEqual(batch)
        expect(await s.status()).toMatchObject({ cut: 'first', pending: 4 - n })
        expect(await s.shown(POST)).toMatchObject({ count: 4 })
      }
      const [verdict, nonce, , , ...members] = await send(3)
      expect({ verdict, members: members.length }).toEqual({ verdict: 'OK', members: 1 })
      expect(await s.status()).toMatchObject({ cut: receiptOf(batch), pending: 1 })
      expect((await s.collect())!.nonce).toBe(nonce)
      expect(await s.marks()).toEqual(['!epoch', '!nonce', '!outs', '!out'])
    })

    it('takes a slice twice, and all of them again: the outcome is the same', async () => {
      const { s, send } = await start()
      for (const n of [0, 0, 1, 0, 1, 2]) expect(await send(n)).toEqual(['OK'])
      const before = await s.everything()
      for (const n of [0, 1, 2]) expect(await send(n)).toEqual(['OK'])
      expect(await s.everything()).toEqual(before)
      expect(await send(3)).toEqual(['OK'])
      expect(await s.shown(POST)).toMatchObject({ count: 4, guesses: 0 })
      expect(await send(0)).toEqual(['LATE'])
    })

    it('continues with another process that sends slices of another size', async () => {
      const { s, batch, send } = await start()
      await send(0)
      expect(await s.settle(batch, { likes: { [POST]: 4 } }, { size: 3 })).toEqual(['OK'])
      expect(await s.status()).toMatchObject({ cut: receiptOf(batch), pending: 0 })
      expect(await s.shown(POST)).toMatchObject({ count: 4, guesses: 0 })
    })

    it('refuses a slice whose predecessors are not settled here, as in a Redis that came back older', async () => {
      const { s, send } = await start()
      const before = await s.everything()
      for (const n of [1, 3]) expect(await send(n)).toEqual(['LATE'])
      expect(await s.everything()).toEqual(before)
      await send(0)
      const after = await s.everything()
      for (const n of [2, 3]) expect(await send(n)).toEqual(['LATE'])
      expect(await s.everything()).toEqual(after)
    })

    it('keeps presses of settled pairs in between, and counts them', async () => {
      const { s, send } = await start()
      await send(0)
      await s.write(POST, 'a', unlikeAt(2))
      await s.write(POST, 'b', unlikeAt(2))
      expect(await s.shown(POST)).toMatchObject({ count: 2 })
      for (const n of [0, 1, 2, 3]) await send(n)
      expect(await s.pending()).toEqual([`${POST}|a|${unlikeAt(2)}`, `${POST}|b|${unlikeAt(2)}`])
      expect(await s.shown(POST)).toMatchObject({ count: 2, guesses: 0 })
    })

    it('says that the count of a post is a guess from the first guess that is settled until its likes are told', async () => {
      // The first one had liked it already.
      const { s, send } = await start({ known: ['b', 'c', 'd'], likes: 3 })
      for (const n of [0, 1, 2]) {
        await send(n)
        expect((await s.shown(POST))!.guesses).toBeGreaterThan(0)
      }
      await send(3, T + 50)
      expect(await s.shown(POST)).toEqual({ count: 3, rev: T + 50, guesses: 0, op: '' })
    })

    it('says so, too, where a slice tells an op that the likes of a later one have in them', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { a: [], b: [] })
      const batch = (await s.collect())!
      const rows: [string, string, number][] = [
        [POST, 'a', likeAt(1)],
        [POST, 'b', likeAt(1)],
      ]
      const send = sender(batch, { likes: { [POST]: 2 }, rows }, 1)
      await send(0)
      expect(await s.shown(POST, 'a')).toMatchObject({ op: String(likeAt(1)) })
      expect((await s.shown(POST))!.guesses).toBeGreaterThan(0)
      await send(1)
      expect(await s.shown(POST)).toMatchObject({ count: 2, guesses: 0 })
    })

    it('diverges in the middle as anywhere: settled ops come back from recent', async () => {
      const { s, batch, send } = await start()
      await send(0)
      expect(await s.resolve('second', batch.nonce)).toBe('DIVERGED')
      expect(await s.pending()).toHaveLength(4)
      expect(await send(1)).toEqual(['LATE'])
      expect(await s.marks()).toEqual(['!epoch', '!nonce'])
    })
  })
}
