import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Reply } from '../../core/ports'
import { type Harness, likeAt, OTHER_POST, POST, receiptOf, type Suite, T, unlikeAt } from './harness'

const any = { accept: 'any' } as const

/** Everything that makes Redis hold more, from a state in which all of it has something to do. */
const GROWING: Record<string, (s: Harness, cut: string) => Promise<Reply>> = {
  write: s => s.write(POST, 'new', likeAt(5), any),
  'write of a cold post': s => s.write(OTHER_POST, 'new', likeAt(5), any),
  'write of an unlike': s => s.write(POST, 'ana', unlikeAt(5)),
  press: s => s.press(POST, 'ana', 'flip', { now: T + 5 }),
  'install-posts': (s, cut) => s.installPosts(cut, [[OTHER_POST, 5]]),
  'install-sessions': (s, cut) => s.installSession('ben', cut, [[POST, likeAt(1)]]),
  mirror: s => s.mirror([[OTHER_POST, 'ben', likeAt(1)]]),
  prepare: async s => s.prepare('filler'),
  'fill with a cold post': async s => s.fill((await s.status()).epoch, 'first', 0, [[OTHER_POST, 5]]),
}

export const memory: Suite = (redis, harness) => {
  describe('a Redis that is out of memory', () => {
    let cut = ''
    const fill = () => redis().command('CONFIG', 'SET', 'maxmemory', '1')
    beforeEach(async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { drained: [], ana: [] })
      await s.write(POST, 'drained', likeAt(1))
      cut = receiptOf(await s.drain({ likes: { [POST]: 447 } }))
      await s.prepare('first')
      await s.release('first')
      await s.write(POST, 'ana', likeAt(1))
    })
    afterEach(async () => {
      await redis().command('CONFIG', 'SET', 'maxmemory', '0')
    })

    it.each(Object.keys(GROWING))('refuses %s, and nothing has changed', async name => {
      await fill()
      const before = await harness().everything()
      await expect(GROWING[name]!(harness(), cut)).rejects.toMatchObject({
        name: 'StoreUnavailable',
        store: 'redis',
        message: expect.stringContaining('OOM'),
      })
      expect(await harness().everything()).toEqual(before)
    })

    it('answers a repeat of a call that it has accepted before', async () => {
      const s = harness()
      const pressed = await s.press(POST, 'ana', 'flip', { now: T + 5, call: 'one' })
      await fill()
      expect(await s.press(POST, 'ana', 'flip', { now: T + 9, call: 'one' })).toEqual(pressed)
      expect(await s.write(POST, 'ana', likeAt(1))).toMatchObject({ 0: 'WARM', 4: String(unlikeAt(5)) })
    })

    it('goes on draining, so that there is room again', async () => {
      const s = harness()
      await fill()
      const answer = { likes: { [POST]: 449 }, rows: [[POST, 'ben', likeAt(3)] as [string, string, number]] }
      expect((await s.drain(answer)).members).toHaveLength(1)
      expect(await s.pending()).toEqual([])
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 449, op: String(likeAt(1)) })
      await s.drain({ likes: { [POST]: 449 } })
      expect(await s.resolve('another history', (await s.collect())!.nonce, 1)).toBe('DIVERGED')
      while ((await s.feed(1)) === '1');
      expect(await s.pending()).toHaveLength(3)
    })

    it('takes over all pending ops of the version before', async () => {
      const s = harness()
      const sessions = ['a', 'b', 'c']
      const members = sessions.flatMap(session => [0, `${OTHER_POST}|${session}|${likeAt(1)}|0`])
      await redis().command('ZADD', s.keys.before, ...members)
      await fill()
      while ((await s.adopt(1)) === '1');
      expect(Object.keys(await s.recent())).toEqual(
        expect.arrayContaining(sessions.map(session => `${OTHER_POST}|${session}`)),
      )
    })

    it('goes on reading', async () => {
      const s = harness()
      await fill()
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 448, op: `${likeAt(1)}p` })
      expect(await s.status()).toMatchObject({ pending: 1 })
      expect(await s.limit(['a', 1, 1000])).toEqual(['1', '0.000'])
    })
  })
}
