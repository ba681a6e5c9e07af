import { beforeEach, describe, expect, it } from 'vitest'
import type { PairOp } from '../../core/ports'
import {
  type Chain,
  chainOf,
  entry,
  FULL,
  likeAt,
  newPostId,
  type PostgresSuite,
  press,
  T,
  unlikeAt,
} from './harness'

/** An op that is refused here is a like of a post whose likes are at the end of their integer. */
export const refusals: PostgresSuite = database => {
  describe('an op that Postgres refuses', () => {
    let post: string
    let full: string
    let chain: Chain
    beforeEach(async () => {
      ;[post, full] = [newPostId(), newPostId()]
      await database().addPosts([
        { id: post, likes: 10 },
        { id: full, likes: FULL - 1 },
      ])
      chain = chainOf(database().port)
      await chain.drain([
        entry(post, 'ana', likeAt(1)),
        entry(full, 'ana', unlikeAt(1)),
        entry(full, 'eva', likeAt(1)),
      ])
    })
    const pair = (op: PairOp) => ({ postId: op.postId, sessionId: op.sessionId, op: op.op })
    const setAside = async () => (await database().port.refused({}, null, 100)).map(pair)
    const bad = (sessionId: string, t = 5): PairOp => ({ postId: full, sessionId, op: likeAt(t) })

    it('stops no other, is set aside, and is answered with the op that Postgres holds of its pair', async () => {
      const { refused, posts } = await chain.drain([
        entry(post, 'ben', likeAt(5)),
        bad('ana'),
        bad('ben'),
        entry(post, 'eva', likeAt(5)),
      ])
      expect(refused.map(op => ({ ...pair(op), known: op.known }))).toEqual([
        { ...bad('ana'), known: unlikeAt(1) },
        { ...bad('ben'), known: 0 },
      ])
      for (const { sqlstate, message } of refused) {
        expect(sqlstate).toMatch(/^\w{5}$/)
        expect(message).not.toBe('')
      }
      expect(posts).toHaveLength(2)
      expect(posts).toContainEqual({ postId: post, likes: 13 })
      expect(posts).toContainEqual({ postId: full, likes: FULL })
      expect(await database().rows('post_ratings', full)).toHaveLength(1)
      expect(await setAside()).toEqual([bad('ana'), bad('ben')])
      expect(await database().port.status(0)).toMatchObject({ refused: 2 })
    })

    it('is answered again as the first time, whatever was pressed since', async () => {
      const batch = chain.batch([entry(post, 'ben', likeAt(5)), bad('ben')])
      const first = await database().port.sync(batch)
      expect(first).toMatchObject({ refused: [{ ...bad('ben'), known: 0 }] })
      expect(await database().port.sync(batch)).toEqual(first)
      await press(database().port, full, 'ben', unlikeAt(6), T)
      await press(database().port, post, 'fay', likeAt(6), T)
      expect(await database().port.sync(batch)).toEqual(first)
    })

    it('is answered as refused where it is pressed, and nothing changes', async () => {
      const { port } = database()
      const writes = [
        { ...bad('ben'), liked: true },
        { postId: post, sessionId: 'ben', op: likeAt(5), liked: true },
      ]
      expect(await port.write(writes, T)).toMatchObject([
        { status: 'refused', sqlstate: expect.stringMatching(/^\w{5}$/), message: expect.any(String) },
        { status: 'applied', state: { count: 12, liked: true } },
      ])
      expect(await setAside()).toEqual([])
      expect((await chain.drain()).rows).toEqual([{ postId: post, sessionId: 'ben', op: likeAt(5) }])
    })

    it('is superseded by a greater op of its pair that Postgres applies', async () => {
      await chain.drain([bad('ben')])
      expect(await chain.drain([{ ...bad('ben'), op: unlikeAt(6) }])).toMatchObject({ refused: [] })
      expect(await setAside()).toEqual([])
      expect(await database().port.status(0)).toMatchObject({ refused: 0 })
    })

    it('is superseded by a press of its pair', async () => {
      await chain.drain([bad('ben')])
      await press(database().port, full, 'ben', unlikeAt(6), T)
      expect(await setAside()).toEqual([])
      expect(await database().port.retryRefused([bad('ben')])).toEqual({ landed: 0, refused: 0 })
    })

    it('is listed by post, by session, and in pages by pair', async () => {
      const { port } = database()
      await chain.drain([bad('ana'), bad('ben'), bad('fay')])
      const [first] = await port.refused({}, null, 1)
      expect(first).toMatchObject({ ...bad('ana'), refusedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) })
      expect((await port.refused({}, first!, 1)).map(pair)).toEqual([bad('ben')])
      expect((await port.refused({ sessionId: 'fay' }, null, 9)).map(pair)).toEqual([bad('fay')])
      expect(await port.refused({ postId: full }, null, 9)).toHaveLength(3)
      expect(await port.refused({ postId: post }, null, 9)).toEqual([])
    })

    it('that is tried again in vain stays set aside', async () => {
      await chain.drain([bad('ben')])
      expect(await database().port.retryRefused([bad('ben')])).toEqual({ landed: 0, refused: 1 })
      expect(await setAside()).toEqual([bad('ben')])
    })

    it('that lands when it is tried again keeps its op, and Redis is told', async () => {
      const { port } = database()
      await chain.drain([bad('ben')])
      await chain.drain([entry(full, 'eva', unlikeAt(6))])
      expect(await port.retryRefused([bad('ben')])).toEqual({ landed: 1, refused: 0 })
      expect(await setAside()).toEqual([])
      expect(await database().rows('post_ratings', full)).toEqual([{ sessionId: 'ben', op: likeAt(5) }])
      expect(await chain.drain()).toMatchObject({
        rows: [bad('ben')],
        posts: [{ postId: full, likes: FULL }],
      })
    })

    it('that was not set aside, or as another op, is not tried again', async () => {
      await chain.drain([bad('ben')])
      const others = [bad('ben', 7), { postId: post, sessionId: 'ben', op: likeAt(5) }]
      expect(await database().port.retryRefused(others)).toEqual({ landed: 0, refused: 0 })
      expect(await setAside()).toEqual([bad('ben')])
      expect(await database().post(post)).toMatchObject({ likes: 11 })
    })

    it('goes with its post', async () => {
      await chain.drain([bad('ben')])
      await database().removePost(full)
      expect(await setAside()).toEqual([])
      expect(await database().port.status(0)).toMatchObject({ refused: 0 })
    })

    it('that is dropped is forgotten, and exactly that op', async () => {
      await chain.drain([bad('ana'), bad('ben')])
      await database().port.dropRefused([bad('ana'), bad('ben', 7)])
      expect(await setAside()).toEqual([bad('ben')])
    })
  })
}
