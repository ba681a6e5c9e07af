import { beforeEach, describe, expect, it } from 'vitest'
import type { PairWrite } from '../../core/ports'
import { chainOf, entry, likeAt, newest, newPostId, type PostgresSuite, press, T, unlikeAt } from './harness'

const AHEAD = { ahead: 5 }

export const writes: PostgresSuite = database => {
  describe('write', () => {
    let post: string
    beforeEach(async () => {
      post = newPostId()
      await database().addPosts([{ id: post, likes: 446 }])
    })
    const of = (sessionId: string, op: number): PairWrite => ({
      postId: post,
      sessionId,
      op,
      liked: op % 2 === 1,
    })

    describe('a press', () => {
      it('is durable, answers the new state, and is kept for Redis to be told', async () => {
        const db = database()
        expect(await press(db.port, post, 'ana', likeAt(1), T + 1)).toEqual({
          postId: post,
          count: 447,
          rev: T + 1,
          liked: true,
          op: likeAt(1),
        })
        expect(await db.rows('post_ratings', post)).toEqual([{ sessionId: 'ana', op: likeAt(1) }])
        expect((await chainOf(db.port).drain()).rows).toEqual([
          { postId: post, sessionId: 'ana', op: likeAt(1) },
        ])
      })

      it('takes a like back, and brings it again', async () => {
        const db = database()
        await press(db.port, post, 'ana', likeAt(1), T + 1)
        const back = { count: 446, liked: false, op: unlikeAt(2) }
        expect(await press(db.port, post, 'ana', unlikeAt(2), T + 2)).toMatchObject(back)
        expect(await db.rows('post_ratings', post)).toEqual([])
        expect(await db.rows('like_tombstones', post)).toEqual([{ sessionId: 'ana', op: unlikeAt(2) }])
        const again = { count: 447, liked: true, op: likeAt(3) }
        expect(await press(db.port, post, 'ana', likeAt(3), T + 3)).toMatchObject(again)
        expect(await db.rows('like_tombstones', post)).toEqual([])
        const { rows, posts } = await chainOf(db.port).drain()
        expect(newest(rows)).toEqual({ [`${post}|ana`]: likeAt(3) })
        expect(posts).toEqual([{ postId: post, likes: 447 }])
      })

      it('answers a repeat as the first time and changes nothing', async () => {
        const db = database()
        const first = await press(db.port, post, 'ana', likeAt(1), T + 1)
        expect(await press(db.port, post, 'ana', likeAt(1), T + 9)).toEqual(first)
        expect(await db.post(post)).toEqual({ likes: 447, rev: T + 1 })
        expect(await db.port.status(0)).toMatchObject({ unseen: 1 })
      })

      it('that is older than the newest op changes nothing, and answers the newest', async () => {
        const db = database()
        await chainOf(db.port).drain([entry(post, 'ana', unlikeAt(5))])
        expect(await press(db.port, post, 'ana', likeAt(4), T + 9)).toMatchObject({
          count: 446,
          liked: false,
          op: unlikeAt(5),
        })
        expect(await db.post(post)).toMatchObject({ likes: 446 })
        expect(await db.port.status(0)).toMatchObject({ unseen: 0 })
      })

      it('raises the revision to the time of the server, or by one, never to the time of the op', async () => {
        const db = database()
        expect(await press(db.port, post, 'ana', likeAt(900), T + 5)).toMatchObject({ rev: T + 5 })
        expect(await press(db.port, post, 'ben', likeAt(901), T + 3)).toMatchObject({ rev: T + 6 })
      })

      it('on a post that does not exist writes nothing', async () => {
        const missing = { ...of('ana', likeAt(1)), postId: newPostId() }
        expect(await database().port.write([missing], T)).toEqual([{ status: 'gone' }])
        expect(await database().port.status(0)).toMatchObject({ unseen: 0 })
      })
    })

    describe.each([
      ['alone', (write: PairWrite) => [write]],
      ['among others', (write: PairWrite) => [of('x', likeAt(0)), write, of('y', unlikeAt(0))]],
    ])('the clock of a press %s', (_, call) => {
      const written = async (write: PairWrite, now: number, options?: { ahead: number }) => {
        const calls = call(write)
        return (await database().port.write(calls, now, options))[calls.indexOf(write)]!
      }
      const none = (sessionId: string, liked: boolean): PairWrite => ({
        postId: post,
        sessionId,
        op: null,
        liked,
      })

      it('may be ahead of the server by so much, and no more', async () => {
        expect(await written(of('ana', likeAt(16)), T + 10, AHEAD)).toEqual({ status: 'ahead' })
        expect(await database().rows('post_ratings', post)).not.toContainEqual(
          expect.objectContaining({ sessionId: 'ana' }),
        )
        expect(await written(of('ana', likeAt(15)), T + 10, AHEAD)).toMatchObject({ status: 'applied' })
        expect(await written(of('ana', likeAt(99)), T + 10)).toMatchObject({ status: 'applied' })
      })

      it('is compared with the newest op of the pair: a server whose clock is behind takes it', async () => {
        await press(database().port, post, 'ana', likeAt(100), T + 1)
        const undone = { status: 'applied', state: { liked: false, op: unlikeAt(105) } }
        expect(await written(of('ana', unlikeAt(105)), T + 1, AHEAD)).toMatchObject(undone)
        expect(await written(of('ben', unlikeAt(105)), T + 1, AHEAD)).toEqual({ status: 'ahead' })
      })

      it('is compared with the revision of the post, which only servers raise', async () => {
        await press(database().port, post, 'eva', likeAt(1), T + 100)
        expect(await written(of('ana', likeAt(105)), T + 1, AHEAD)).toMatchObject({ status: 'applied' })
        expect(await written(of('ben', likeAt(120)), T + 1, AHEAD)).toEqual({ status: 'ahead' })
      })

      it('is assigned where the press has none: now, or just after the newest op', async () => {
        expect(await written(none('ana', true), T + 7)).toMatchObject({
          state: { liked: true, op: likeAt(7) },
        })
        expect(await written(none('ana', false), T + 9)).toMatchObject({
          state: { liked: false, op: unlikeAt(9), count: 446 + (call(none('z', true)).length > 1 ? 1 : 0) },
        })
        await press(database().port, post, 'ben', likeAt(50), T + 9)
        const next = { state: { liked: false, op: unlikeAt(51) } }
        expect(await written(none('ben', false), T + 20)).toMatchObject(next)
      })

      it('is assigned beyond every op that a server can have accepted where its own was set back', async () => {
        await press(database().port, post, 'eva', likeAt(1), T + 6_000_000)
        const { rev } = await database().post(post)
        const state = { liked: true, op: 2 * (rev + 5_000_001) + 1 }
        expect(await written(none('ana', true), T + 1)).toMatchObject({ state })
      })

      it('is of now where the clock of the server is a little behind the revision', async () => {
        await press(database().port, post, 'eva', likeAt(1), T + 4_000_000)
        const state = { liked: true, op: likeAt(1) }
        expect(await written(none('ana', true), T + 1)).toMatchObject({ state })
      })
    })

    describe('presses in one call', () => {
      it('are answered in their order, each for itself, with the counts of afterwards', async () => {
        const db = database()
        const other = newPostId()
        await db.addPosts([{ id: other, likes: 5 }])
        await press(db.port, post, 'ben', likeAt(1), T + 1)
        const results = await db.port.write(
          [
            of('eva', likeAt(3)),
            { ...of('ana', likeAt(3)), postId: other },
            of('far', likeAt(30)),
            { ...of('ana', likeAt(3)), postId: newPostId() },
            of('ben', unlikeAt(0)),
            { ...of('ana', likeAt(3)), op: null },
          ],
          T + 4,
          AHEAD,
        )
        expect(results).toEqual([
          { status: 'applied', state: { postId: post, count: 449, rev: T + 4, liked: true, op: likeAt(3) } },
          { status: 'applied', state: { postId: other, count: 6, rev: T + 4, liked: true, op: likeAt(3) } },
          { status: 'ahead' },
          { status: 'gone' },
          { status: 'applied', state: { postId: post, count: 449, rev: T + 4, liked: true, op: likeAt(1) } },
          { status: 'applied', state: { postId: post, count: 449, rev: T + 4, liked: true, op: likeAt(4) } },
        ])
        expect(await db.post(post)).toEqual({ likes: 449, rev: T + 4 })
        const { rows } = await chainOf(db.port).drain()
        expect(newest(rows)).toEqual({
          [`${post}|ana`]: likeAt(4),
          [`${post}|ben`]: likeAt(1),
          [`${post}|eva`]: likeAt(3),
          [`${other}|ana`]: likeAt(3),
        })
      })

      it('may be none, and may be repeated', async () => {
        const db = database()
        expect(await db.port.write([], T)).toEqual([])
        const calls = [of('ana', likeAt(1)), of('ben', unlikeAt(2)), of('eva', likeAt(3))]
        const first = await db.port.write(calls, T + 3)
        expect(await db.port.write(calls, T + 9)).toEqual(first)
        expect(await db.post(post)).toEqual({ likes: 448, rev: T + 3 })
      })
    })
  })
}
