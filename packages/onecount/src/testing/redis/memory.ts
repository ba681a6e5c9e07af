import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Reply } from '../../core/ports'
import { likeAt, OTHER_POST, POST, type Scripts, type Suite, T, unlikeAt } from './harness'

/** Everything that makes Redis hold more, from a state in which all of it has something to do. */
const GROWING: Record<string, (s: Scripts) => Promise<Reply>> = {
  write: s => s.write(POST, 'new', likeAt(5)),
  'write of a cold post': s => s.write(OTHER_POST, 'new', likeAt(5)),
  'write of an unlike': s => s.write(POST, 'ana', unlikeAt(5)),
  press: s => s.press(POST, 'ana', T + 5),
  begin: s => s.begin([OTHER_POST], 'late'),
  'install with unseen ops': s =>
    s.install(OTHER_POST, 'h', { ratings: [['x', likeAt(1)]], unseen: [['y', likeAt(1)]] }),
  stage: s => s.stage(OTHER_POST, 'h', [['x', likeAt(1)]], false),
}

export const memory: Suite = (redis, scripts) => {
  describe('a Redis that is out of memory', () => {
    beforeEach(async () => {
      const s = scripts()
      await s.hydrate(POST, { base: 446 })
      await s.write(POST, 'drained', likeAt(1))
      await s.drain('n1')
      await s.write(POST, 'ana', likeAt(1))
      await s.begin([OTHER_POST], 'h')
      await s.collect('n2')
      await redis().command('CONFIG', 'SET', 'maxmemory', '1')
    })
    afterEach(async () => {
      await redis().command('CONFIG', 'SET', 'maxmemory', '0')
    })

    it.each(Object.keys(GROWING))('refuses %s, and nothing has changed', async name => {
      const before = await scripts().everything()
      await expect(GROWING[name]!(scripts())).rejects.toMatchObject({
        name: 'StoreUnavailable',
        store: 'redis',
        message: expect.stringContaining('OOM'),
      })
      expect(await scripts().everything()).toEqual(before)
    })

    it('goes on draining, so that there is room again', async () => {
      const s = scripts()
      expect(await s.drain('n3')).toHaveLength(1)
      expect(await s.pending()).toEqual([])
      await s.collect('n4')
      expect(await s.resolve('another history', 'n4', 1)).toBe('DIVERGED')
      while ((await s.refeed(1)) === '1');
      expect(await s.pending()).toHaveLength(2)
    })

    it('goes on reading', async () => {
      expect((await scripts().read([POST], 'ana')).slice(0, 3)).toEqual(['448', expect.any(String), '1'])
      expect(await scripts().status()).toMatchObject({ 2: '1' })
    })

    it('installs a snapshot whole or not at all', async () => {
      const s = scripts()
      const outcome = await s
        .install(OTHER_POST, 'h', { base: 3, ratings: [['x', likeAt(1)]] })
        .catch(() => 'refused')
      expect(await s.isWarm(OTHER_POST)).toBe(outcome === 'OK')
    })
  })
}
