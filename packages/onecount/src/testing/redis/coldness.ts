import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, type RedisUnderTest, type Scripts, type Suite, T } from './harness'

/** A post with ten likes of before, two ratings and one op that Postgres does not have yet. */
async function warmPost(s: Scripts): Promise<void> {
  await s.hydrate(POST, {
    base: 10,
    ratings: [
      ['ana', likeAt(1)],
      ['ben', likeAt(2)],
    ],
  })
  await s.write(POST, 'eva', likeAt(3))
}

const LOSSES: Record<string, (redis: RedisUnderTest, s: Scripts) => Promise<unknown>> = {
  'its count': (r, s) => r.command('DEL', s.keys.likes(POST)),
  'its members': (r, s) => r.command('DEL', s.keys.liked(POST)),
  'its meta': (r, s) => r.command('DEL', s.keys.meta(POST)),
  'one member': (r, s) => r.command('SREM', s.keys.liked(POST), 'ana'),
  'a step of its count': (r, s) => r.command('INCR', s.keys.likes(POST)),
  'the queue': (r, s) => r.command('DEL', s.keys.q),
  'the epoch': (r, s) => r.command('ZREMRANGEBYLEX', s.keys.q, '[!epoch|', '(!epoch}'),
  'its share in the epoch': async (_, s) => {
    await s.collect('n1')
    await s.resolve('a receipt of another history', 'n1')
    await s.begin([OTHER_POST], 'other', { epoch: 'epoch-2' })
  },
}

export const coldness: Suite = (redis, scripts) => {
  describe('a post that lost', () => {
    it.each(Object.keys(LOSSES))('%s is cold: no count is shown, and no op counts on it', async loss => {
      const s = scripts()
      await warmPost(s)
      await LOSSES[loss]!(redis(), s)
      expect(await s.read([POST], 'ana')).toEqual(['', '0', '0', expect.any(String), '0'])
      expect(await s.write(POST, 'fay', likeAt(4), { accept: 'warm' })).toEqual(['COLD', '0'])
      expect(await s.write(POST, 'fay', likeAt(4))).toEqual(['COLD', String(likeAt(4))])
    })

    it.each(Object.keys(LOSSES))('%s is whole again once it is hydrated', async loss => {
      const s = scripts()
      await warmPost(s)
      const pending = await s.pending()
      await LOSSES[loss]!(redis(), s)
      await s.hydrate(POST, {
        base: 10,
        now: T + 50,
        ratings: [
          ['ana', likeAt(1)],
          ['ben', likeAt(2)],
        ],
      })
      const survived = loss === 'the queue' ? [] : pending.map(member => member.split('|')[1])
      expect(await s.members(POST)).toEqual(['ana', 'ben', ...survived])
      expect((await s.read([POST], ''))[0]).toBe(String(12 + survived.length))
    })

    it.each(['recent', 'rank'] as const)('only what is an index (%s) stays warm', async index => {
      const s = scripts()
      await warmPost(s)
      await redis().command('DEL', s.keys[index], s.keys.sessions('ana'))
      expect(await s.isWarm(POST)).toBe(true)
    })
  })
}
