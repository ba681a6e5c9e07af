import { beforeEach, describe, expect, it } from 'vitest'
import { chainOf, entry, likeAt, newPostId, type PostgresSuite, press, T, unlikeAt } from './harness'

export const reads: PostgresSuite = database => {
  describe('reading', () => {
    let post: string
    let other: string
    beforeEach(async () => {
      ;[post, other] = [newPostId(), newPostId()]
      await database().addPosts([
        { id: post, likes: 10 },
        { id: other, likes: 20 },
      ])
      await chainOf(database().port).sync([
        entry(post, 'ana', likeAt(5), T),
        entry(post, 'ben', likeAt(5), T),
        entry(post, 'eva', unlikeAt(5), T),
      ])
    })
    const pair = (sessionId: string, op: number, postId = post) => ({ postId, sessionId, op })

    describe('peek', () => {
      it('tells count, revision and what the session did, and leaves out posts that do not exist', async () => {
        const states = await database().port.peek([post, other, newPostId()], 'ana', [])
        expect(states.sort((a, b) => a.count - b.count)).toEqual([
          { postId: post, count: 12, rev: T, liked: true, op: likeAt(5) },
          { postId: other, count: 20, rev: 0, liked: false, op: 0 },
        ])
        expect(await database().port.peek([post], 'eva', [])).toMatchObject([
          { liked: false, op: unlikeAt(5) },
        ])
      })

      it('tells nobody what others did', async () => {
        expect(await database().port.peek([post], null, [])).toMatchObject([
          { count: 12, liked: false, op: 0 },
        ])
      })

      it('counts what is pending as a sync would, and writes nothing', async () => {
        const db = database()
        const before = [await db.post(post), await db.rows('post_ratings', post), await db.port.status(0)]
        const pending = [
          pair('ana', unlikeAt(6)),
          pair('ben', unlikeAt(4)),
          pair('eva', likeAt(6)),
          pair('eva', unlikeAt(1)),
          pair('fay', likeAt(1)),
          pair('gus', unlikeAt(1)),
          pair('ana', likeAt(1), other),
        ]
        const states = await db.port.peek([post, other], 'ana', pending)
        expect(states.sort((a, b) => a.count - b.count)).toEqual([
          { postId: post, count: 13, rev: T, liked: false, op: unlikeAt(6) },
          { postId: other, count: 21, rev: 0, liked: true, op: likeAt(1) },
        ])
        expect([await db.post(post), await db.rows('post_ratings', post), await db.port.status(0)]).toEqual(
          before,
        )
      })
    })

    describe('snapshot', () => {
      it('holds likes, revision, ratings and unseen ops, of existing posts', async () => {
        const db = database()
        await press(db.port, post, 'fay', likeAt(7), T + 7)
        const [snapshot, ...others] = await db.port.snapshot([post, newPostId()])
        expect(others).toEqual([])
        const bySession = (a: { sessionId: string }, b: { sessionId: string }) =>
          a.sessionId.localeCompare(b.sessionId)
        expect({ ...snapshot, ratings: snapshot!.ratings.sort(bySession) }).toEqual({
          postId: post,
          likes: 13,
          rev: T + 7,
          ratings: [
            { sessionId: 'ana', op: likeAt(5) },
            { sessionId: 'ben', op: likeAt(5) },
            { sessionId: 'fay', op: likeAt(7) },
          ],
          unseen: [{ sessionId: 'fay', op: likeAt(7) }],
          receipt: (await db.port.status(0)).receipt,
        })
      })

      it('holds a post that nobody has rated', async () => {
        expect(await database().port.snapshot([other])).toEqual([
          { postId: other, likes: 20, rev: 0, ratings: [], unseen: [], receipt: expect.any(String) },
        ])
      })

      it('is not cut at a thousand ratings', async () => {
        const db = database()
        const chain = chainOf(db.port)
        for (const half of [0, 1]) {
          await chain.sync(Array.from({ length: 900 }, (_, i) => entry(other, `s${half}-${i}`, likeAt(1))))
        }
        const [snapshot] = await db.port.snapshot([other])
        expect(snapshot).toMatchObject({ likes: 1820 })
        expect(snapshot!.ratings).toHaveLength(1800)
      })

      it('is of one moment for all it holds, whatever is written meanwhile', async () => {
        const { port } = database()
        const writes = Array.from({ length: 10 }, (_, i) => press(port, other, `s${i}`, likeAt(1), T + i))
        const snapshots = Array.from({ length: 10 }, () => port.snapshot([other]))
        await Promise.all(writes)
        for (const [snapshot] of await Promise.all(snapshots)) {
          expect(snapshot!.likes - snapshot!.ratings.length).toBe(20)
          expect(snapshot!.unseen).toHaveLength(snapshot!.ratings.length)
        }
      })
    })
  })
}
