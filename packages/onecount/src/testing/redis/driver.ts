import { describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../core/errors'
import type { Reply } from '../../core/ports'
import { likeAt, OTHER_POST, POST, type Suite, T } from './harness'

const flat = (reply: Reply): unknown[] => (Array.isArray(reply) ? reply.flatMap(flat) : [reply])

export const driver: Suite = (redis, scripts) => {
  describe('driver', () => {
    it('runs a script that the server has forgotten', async () => {
      await scripts().hydrate(POST, { base: 446 })
      await redis().command('SCRIPT', 'FLUSH')
      expect(await scripts().read([POST], '')).toMatchObject(['446', String(T), '0', '0', '0'])
      expect(await scripts().read([POST], '')).toMatchObject(['446', String(T), '0', '0', '0'])
    })

    it('sends a hundred calls of one tick to a server without the script, and each is done once', async () => {
      await scripts().hydrate(POST)
      await redis().command('SCRIPT', 'FLUSH')
      const sessions = Array.from({ length: 100 }, (_, i) => `s${i}`)
      await Promise.all(sessions.map(session => scripts().write(POST, session, likeAt(1))))
      expect((await scripts().read([POST], ''))[0]).toBe('100')
    })

    it('answers strings and lists of strings, nothing else', async () => {
      const s = scripts()
      const begun = await s.begin([POST, OTHER_POST], '7', { epoch: '123' })
      const replies = [
        begun,
        await s.begin([POST], '8'),
        await s.stage(POST, '7', [['123', likeAt(1)]], true),
        await s.install(POST, '7', { epoch: '123', staged: 1 }),
        await s.release(OTHER_POST, '8'),
        await s.release(OTHER_POST, '7'),
        await s.write(POST, '123', likeAt(2)),
        await s.press(POST, '123', T),
        await s.read([POST, OTHER_POST], '123'),
        await s.collect('42'),
        await s.status(),
        await s.settle('42', []),
        await s.resolve('43', '44'),
        await s.prepare('filler'),
        await s.fill('', 'filler', 0, [], { last: true }),
        await s.rank(),
        await s.cool(POST),
        await s.cool(OTHER_POST),
      ]
      expect(replies.flatMap(flat).filter(part => typeof part !== 'string')).toEqual([])
    })

    it('keeps ids that look like numbers as they are', async () => {
      const s = scripts()
      await s.hydrate(POST, { epoch: '0123', ratings: [['007', likeAt(1)]] })
      await s.write(POST, '1e3', likeAt(2))
      await s.drain('0042')
      expect(await s.members(POST)).toEqual(['007', '1e3'])
      expect(await s.status()).toEqual(['0042', '0123', '0', '0'])
    })

    it('says that the store is unavailable when the server refuses, with the reason', async () => {
      await scripts().hydrate(POST)
      await redis().command('DEL', scripts().keys.likes(POST))
      await redis().command('SADD', scripts().keys.likes(POST), 'not a count')
      await redis().command('DEL', scripts().keys.q)
      await redis().command('SET', scripts().keys.q, 'not a queue')
      const error = await scripts()
        .write(POST, 'a', likeAt(1))
        .catch((e: unknown) => e)
      expect(error).toBeInstanceOf(StoreUnavailable)
      expect(error).toMatchObject({ store: 'redis', message: expect.stringContaining('WRONGTYPE') })
    })
  })
}
