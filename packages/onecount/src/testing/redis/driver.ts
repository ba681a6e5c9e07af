import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../core/errors'
import type { Reply } from '../../core/ports'
import { likeAt, OTHER_POST, POST, type Suite } from './harness'

const flat = (reply: Reply): unknown[] => (Array.isArray(reply) ? reply.flatMap(flat) : [reply])

export const driver: Suite = (redis, harness) => {
  describe('driver', () => {
    it('runs a script that the server has forgotten', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 })
      await redis().command('SCRIPT', 'FLUSH')
      expect(await s.shown(POST)).toMatchObject({ count: 446 })
      expect(await s.shown(POST)).toMatchObject({ count: 446 })
    })

    it('sends a hundred calls of one tick to a server without the script, and each is done once', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 })
      await redis().command('SCRIPT', 'FLUSH')
      const sessions = Array.from({ length: 100 }, (_, i) => `s${i}`)
      await Promise.all(sessions.map(session => s.write(POST, session, likeAt(1), { accept: 'any' })))
      expect(await s.shown(POST)).toMatchObject({ count: 100 })
    })

    it('answers strings and lists of strings, nothing else', async () => {
      const s = harness()
      const run = redis().port.run
      const replies = [
        await s.write(POST, '1', likeAt(1), { accept: 'any' }),
        await s.write(POST, '2', likeAt(1)),
        await run('collect', [s.keys.q, s.keys.lease], ['42', 10, '', '7', '1', '9', 1000]),
        await s.adopt(),
        await s.resolve('43', (await s.collect())!.nonce, 1),
        await s.feed(1),
        await s.installPosts('43', [[POST, 446]]),
        await s.installSession('123', '43', [[POST, likeAt(0)]]),
        await s.write(POST, '123', likeAt(2)),
        await s.press(POST, '123', 'flip'),
        await s.read([POST, OTHER_POST], '123'),
        await run('status', [s.keys.q, s.keys.recent], [1000]),
        await s.settle((await s.collect('44'))!, { likes: { [POST]: 447 } }),
        await s.abandon('45'),
        await s.mirror([[POST, '9', likeAt(1)]]),
        await s.prepare('filler'),
        await s.fill('', 'filler', 0, [], { last: true }),
        await s.release('filler'),
        await s.rank(),
        await s.limit(['a', 1, 1000]),
        await s.cool(POST),
        await s.cool(OTHER_POST),
        await s.forget(POST),
      ]
      expect(replies.flatMap(flat).filter(part => typeof part !== 'string')).toEqual([])
    })

    it('keeps ids that look like numbers as they are', async () => {
      const s = harness()
      await s.begin('0042')
      await s.warm({ [POST]: 1 }, { '007': [], '1e3': [] })
      await s.write(POST, '1e3', likeAt(2))
      await s.write(POST, '007', likeAt(1))
      expect((await s.status()).cut).toBe('0042')
      expect(await s.pending()).toEqual([`${POST}|007|${likeAt(1)}`, `${POST}|1e3|${likeAt(2)}`])
      expect(await s.likers(POST)).toEqual(['007', '1e3'])
    })

    it('says that the store is unavailable when the server refuses, with the reason', async () => {
      const s = harness()
      await redis().command('SET', s.keys.q, 'not a queue')
      const error = await s.write(POST, 'a', likeAt(1)).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(error).toMatchObject({ store: 'redis', message: expect.stringContaining('WRONGTYPE') })
    })
  })
}
