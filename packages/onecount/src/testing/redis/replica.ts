import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Batch, type Harness, likeAt, POST, type Suite } from './harness'

/** Every script whose answer depends on data in Redis, also those that would change nothing. */
const TELLING: Record<string, (s: Harness, batch: Batch) => Promise<unknown>> = {
  write: s => s.write(POST, 'ana', likeAt(0)),
  'write of an unknown pair': s => s.write(POST, 'new', likeAt(0)),
  press: s => s.press(POST, 'new', 'flip'),
  read: s => s.read([POST], 'ana'),
  'install-posts': s => s.installPosts('first', [[POST, 446]]),
  'install-sessions': s => s.installSession('ana', 'first', []),
  collect: s => s.collect(),
  settle: (s, batch) => s.settle(batch, { likes: { [POST]: 447 } }),
  resolve: s => s.resolve('second', 'another batch'),
  feed: s => s.feed(1),
  adopt: s => s.adopt(),
  mirror: s => s.mirror([[POST, 'ana', likeAt(0)]]),
  rank: s => s.rank(),
  status: s => s.status(),
}

export const replica: Suite = (redis, harness) => {
  describe('a Redis that has become a replica', () => {
    let batch: Batch
    beforeEach(async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.rankAll([[POST, 446]])
      await s.write(POST, 'ana', likeAt(1))
      batch = (await s.collect())!
      // Nothing listens there: it keeps what it has.
      await redis().command('REPLICAOF', '127.0.0.1', '1')
    })
    afterEach(async () => {
      await redis().command('REPLICAOF', 'NO', 'ONE')
      // The driver may have left the connection.
      await expect
        .poll(() =>
          harness()
            .status()
            .catch(() => null),
        )
        .not.toBeNull()
    })

    it.each(Object.keys(TELLING))('says nothing from the past, and changes nothing: %s', async name => {
      const s = harness()
      const before = await s.everything()
      const error = await TELLING[name]!(s, batch).catch((e: unknown) => e)
      expect(error).toMatchObject({ name: 'StoreUnavailable', message: expect.stringContaining('READONLY') })
      expect(await s.everything()).toEqual(before)
    })
  })
}
