import { describe, expect, it } from 'vitest'
import { likeAt, OTHER_POST, POST, type Suite, T, unlikeAt } from './harness'

const any = { accept: 'any' } as const

/** The keys that other programs may read. They follow the presses and what the drain learns, and decide nothing. */
export const mirrors: Suite = (redis, harness) => {
  /** What they say of the pair: likes of the post, whether it is among the session's likes and the post's likers. */
  const mirrored = async (post: string, session: string) => {
    const s = harness()
    return [
      await s.likes(post),
      (await s.likesOf(session)).includes(post),
      (await s.likers(post)).includes(session),
    ]
  }

  describe('the mirrors', () => {
    it.each(['write', 'press'] as const)('follow a like and an unlike (%s)', async script => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      const press = (liked: boolean, options = {}) =>
        script === 'write'
          ? s.write(POST, 'ana', liked ? likeAt(1) : unlikeAt(2), options)
          : s.press(POST, 'ana', liked ? '1' : '0', options)
      await press(true)
      expect(await mirrored(POST, 'ana')).toEqual(['447', true, true])
      await press(false)
      expect(await mirrored(POST, 'ana')).toEqual(['446', false, false])
    })

    it.each(['write', 'press'] as const)(
      'leave out who likes a post where that is not kept (%s)',
      async script => {
        const s = harness()
        await s.warm({ [POST]: 446 }, { ana: [] })
        const options = { likers: false }
        if (script === 'write') await s.write(POST, 'ana', likeAt(1), options)
        else await s.press(POST, 'ana', '1', options)
        expect(await mirrored(POST, 'ana')).toEqual(['447', true, false])
        expect(await redis().command('EXISTS', s.keys.liked(POST))).toBe(0)
      },
    )

    it('hold the likers of a cold post, but no count', async () => {
      const s = harness()
      await s.write(POST, 'ana', likeAt(1), any)
      expect(await mirrored(POST, 'ana')).toEqual([null, true, true])
    })

    it('stay as they are when an op loses', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(5))
      await s.write(POST, 'ana', unlikeAt(4))
      expect(await mirrored(POST, 'ana')).toEqual(['447', true, true])
    })

    it('get from settle the ops that Postgres has accepted without Redis, of warm posts and of cold ones', async () => {
      const s = harness()
      await s.warm({ [POST]: 447 }, { ben: [[POST, likeAt(1)]] })
      await s.mirror([[POST, 'ben', likeAt(1)]])
      await s.drain({
        likes: { [POST]: 447, [OTHER_POST]: 1 },
        rows: [
          [POST, 'ana', likeAt(5)],
          [POST, 'ben', unlikeAt(5)],
          [OTHER_POST, 'ana', likeAt(5)],
        ],
      })
      expect(await mirrored(POST, 'ana')).toEqual(['447', true, true])
      expect(await mirrored(POST, 'ben')).toEqual(['447', false, false])
      expect(await mirrored(OTHER_POST, 'ana')).toEqual([null, true, true])
    })

    it('get no likers from settle where those are not kept', async () => {
      const s = harness()
      await s.begin()
      await s.drain({ likes: { [POST]: 1 }, rows: [[POST, 'ana', likeAt(5)]] }, { likers: false })
      expect(await mirrored(POST, 'ana')).toEqual([null, true, false])
    })

    it.each([
      ['a like', likeAt(1), unlikeAt(0), false],
      ['an unlike', unlikeAt(1), likeAt(0), true],
    ])('take back what Postgres has refused: %s', async (_, op, known, isLiked) => {
      const s = harness()
      const likes = isLiked ? 447 : 446
      await s.warm({ [POST]: likes }, { ana: [[POST, known]] })
      await s.write(POST, 'ana', op)
      expect((await mirrored(POST, 'ana')).slice(1)).toEqual([!isLiked, !isLiked])
      await s.drain({ likes: { [POST]: likes }, refused: [[POST, 'ana', op, known]] })
      expect(await mirrored(POST, 'ana')).toEqual([String(likes), isLiked, isLiked])
    })

    it('keep a later press when settle tells an older op', async () => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [], ben: [] })
      await s.write(POST, 'ben', likeAt(1))
      const batch = (await s.collect())!
      await s.write(POST, 'ana', unlikeAt(9))
      await s.write(POST, 'ben', likeAt(9))
      await s.settle(batch, {
        likes: { [POST]: 1 },
        rows: [[POST, 'ana', likeAt(5)]],
        refused: [[POST, 'ben', likeAt(1), 0]],
      })
      expect(await mirrored(POST, 'ana')).toEqual(['1', false, false])
      expect(await mirrored(POST, 'ben')).toEqual(['1', true, true])
    })

    it.each(['settle', 'forget'] as const)('of a post that is gone are dropped (%s)', async script => {
      const s = harness()
      await s.warm({ [POST]: 446, [OTHER_POST]: 1 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      await s.write(OTHER_POST, 'ana', likeAt(1))
      if (script === 'settle') await s.drain({ likes: { [OTHER_POST]: 2 } })
      else expect(await s.forget(POST)).toBe('OK')
      const { likes, liked, meta } = s.keys
      expect(await redis().command('EXISTS', likes(POST), liked(POST), meta(POST))).toBe(0)
      expect(await mirrored(OTHER_POST, 'ana')).toEqual(['2', true, true])
    })
  })

  describe('mirror', () => {
    it('adds members that Postgres holds, and removes the others', async () => {
      const s = harness()
      expect(
        await s.mirror([
          [POST, 'ana', likeAt(1)],
          [OTHER_POST, 'ana', likeAt(1)],
          [POST, 'ben', likeAt(1)],
        ]),
      ).toBe('OK')
      expect(await s.likesOf('ana')).toEqual([POST, OTHER_POST])
      expect(await s.likers(POST)).toEqual(['ana', 'ben'])
      await s.mirror([[POST, 'ana', unlikeAt(2)]])
      expect(await s.likesOf('ana')).toEqual([OTHER_POST])
      expect(await s.likers(POST)).toEqual(['ben'])
    })

    it('writes no likers of a post where those are not kept', async () => {
      const s = harness()
      await s.mirror([[POST, 'ana', likeAt(1)]], { likers: false })
      expect(await mirrored(POST, 'ana')).toEqual([null, true, false])
    })

    it.each(['pending', 'recent'])('never overrides an op that is %s and newer', async where => {
      const s = harness()
      await s.warm({ [POST]: 1 }, { ana: [[POST, likeAt(1)]], ben: [] })
      await s.write(POST, 'ana', unlikeAt(5))
      await s.write(POST, 'ben', likeAt(5))
      if (where === 'recent') await s.drain({ likes: { [POST]: 1 } })
      // As Postgres had it before.
      await s.mirror([
        [POST, 'ana', likeAt(1)],
        [POST, 'ben', unlikeAt(1)],
      ])
      expect(await mirrored(POST, 'ana')).toEqual(['1', false, false])
      expect(await mirrored(POST, 'ben')).toEqual(['1', true, true])
    })

    it.each(['pending', 'recent'])('overrides an op that is %s and older', async where => {
      const s = harness()
      await s.warm({ [POST]: 0 }, { ana: [] })
      await s.write(POST, 'ana', likeAt(1))
      if (where === 'recent') await s.drain({ likes: { [POST]: 1 } })
      await s.mirror([[POST, 'ana', unlikeAt(5)]])
      expect((await mirrored(POST, 'ana')).slice(1)).toEqual([false, false])
    })

    it('changes nothing that decides', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 }, { ana: [] })
      await s.write(POST, 'ben', likeAt(1), any)
      const before = await s.everything()
      await s.mirror([[POST, 'ana', likeAt(1)]])
      const { liked, sessions } = s.keys
      const after = { ...(await s.everything()) }
      expect(after).toEqual({ ...before, [liked(POST)]: ['ana', 'ben'], [sessions('ana')]: [POST] })
    })
  })

  describe('a mirror of another type', () => {
    it('fails no script, and no count goes by it', async () => {
      const s = harness()
      await s.warm({ [POST]: 446, [OTHER_POST]: 5 }, { ana: [] })
      for (const key of [s.keys.likes(POST), s.keys.liked(POST), s.keys.sessions('ana'), s.keys.rank]) {
        await redis().command('DEL', key)
        await redis().command('HSET', key, 'not', 'a mirror')
      }
      expect(await s.write(POST, 'ana', likeAt(1))).toMatchObject({ 0: 'WARM', 1: '447' })
      expect(await s.press(POST, 'ana', 'flip', { now: T + 2 })).toMatchObject({ 0: 'WARM', 1: '446' })
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 446, op: `${unlikeAt(2)}p` })
      await s.drain({ likes: { [POST]: 450 }, rows: [[POST, 'ana', likeAt(9)]] })
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 450, op: String(likeAt(9)) })
      expect(await s.mirror([[POST, 'ana', likeAt(9)]])).toBe('OK')
      await s.cool(POST)
      await s.hydrate(POST, 450)
      expect(await s.shown(POST)).toMatchObject({ count: 450 })
      expect(await s.rank()).toEqual([''])
      expect(await s.forget(POST)).toBe('OK')
      expect(await redis().command('EXISTS', s.keys.likes(POST), s.keys.liked(POST))).toBe(0)
    })
  })

  describe('a key that decides and is of another type', () => {
    it('makes the post cold, and is replaced when it is hydrated', async () => {
      const s = harness()
      await s.warm({ [POST]: 446, [OTHER_POST]: 5 }, { ana: [] })
      await redis().command('DEL', s.keys.meta(POST))
      await redis().command('SADD', s.keys.meta(POST), 'not numbers')
      expect(await s.isWarm(POST)).toBe(false)
      expect(await s.isWarm(OTHER_POST)).toBe(true)
      expect(await s.write(POST, 'ana', likeAt(1))).toEqual(['HYDRATE', 'post'])
      await s.hydrate(POST, 446)
      expect(await s.write(POST, 'ana', likeAt(1))).toMatchObject({ 0: 'WARM', 1: '447' })
    })

    it('makes the session unknown, and is replaced when it is read', async () => {
      const s = harness()
      await s.warm({ [POST]: 446 })
      await redis().command('SET', s.keys.ops('ana'), 'not ops')
      expect(await s.shown(POST, 'ana')).toMatchObject({ count: 446, op: '' })
      expect(await s.write(POST, 'ana', likeAt(1))).toEqual(['HYDRATE', 'pair'])
      await s.write(POST, 'ana', likeAt(1), any)
      await s.drain({ likes: { [POST]: 447 } })
      await s.know('ana', [[POST, likeAt(1)]])
      expect(await s.shown(POST, 'ana')).toEqual({
        count: 447,
        rev: T + 1,
        guesses: 0,
        op: String(likeAt(1)),
      })
    })
  })
}
