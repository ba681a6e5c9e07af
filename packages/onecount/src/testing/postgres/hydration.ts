import { beforeEach, describe, expect, it } from 'vitest'
import type { Snapshot, SnapshotQuery } from '../../core/ports'
import {
  type Chain,
  chainOf,
  entry,
  likeAt,
  newPostId,
  type PostgresSuite,
  press,
  T,
  unlikeAt,
} from './harness'

export const hydration: PostgresSuite = database => {
  describe('reading', () => {
    let post: string
    let other: string
    let chain: Chain
    let receipt: string
    beforeEach(async () => {
      ;[post, other] = [newPostId(), newPostId()]
      await database().addPosts([
        { id: post, likes: 10 },
        { id: other, likes: 20 },
      ])
      chain = chainOf(database().port)
      ;({ receipt } = await chain.drain([
        entry(post, 'ana', likeAt(5), T),
        entry(post, 'ben', likeAt(5), T),
        entry(post, 'eva', unlikeAt(5), T),
      ]))
    })
    const snapshot = (query: Partial<SnapshotQuery>): Promise<Snapshot> =>
      database().port.snapshot({
        partition: 0,
        postIds: [],
        sessionId: null,
        pairs: [],
        most: 100,
        ...query,
      })
    const opsOf = ({ session }: Snapshot) =>
      Object.fromEntries(session!.ops.map(({ postId, op }) => [postId, op]))

    describe('peek', () => {
      it('answers count, revision and the op of the session, and leaves out posts that do not exist', async () => {
        const states = await database().port.peek([post, other, newPostId()], 'ana')
        expect(states.sort((a, b) => a.count - b.count)).toEqual([
          { postId: post, count: 12, rev: T, liked: true, op: likeAt(5) },
          { postId: other, count: 20, rev: 0, liked: false, op: 0 },
        ])
        expect(await database().port.peek([post], 'eva')).toMatchObject([{ liked: false, op: unlikeAt(5) }])
      })

      it('tells a post once, however often it is asked for', async () => {
        expect(await database().port.peek([post, post], 'ana')).toHaveLength(1)
      })

      it('answers without a session: no like, and the op 0', async () => {
        expect(await database().port.peek([post], null)).toMatchObject([{ count: 12, liked: false, op: 0 }])
      })

      it('includes ops that Redis has not been told', async () => {
        await press(database().port, post, 'fay', likeAt(7), T + 7)
        expect(await database().port.peek([post], 'fay')).toEqual([
          { postId: post, count: 13, rev: T + 7, liked: true, op: likeAt(7) },
        ])
      })
    })

    describe('a snapshot of posts', () => {
      it('holds the receipt, likes and revision, of posts that exist', async () => {
        expect(await snapshot({ postIds: [post, newPostId()] })).toEqual({
          receipt,
          posts: [{ postId: post, likes: 12, rev: T }],
          session: null,
        })
      })

      it('holds a post once, however often it is asked for', async () => {
        expect((await snapshot({ postIds: [other, other] })).posts).toEqual([
          { postId: other, likes: 20, rev: 0 },
        ])
      })

      it('is of the cut: without later presses, until a batch tells them', async () => {
        await press(database().port, post, 'fay', likeAt(7), T + 7)
        await press(database().port, post, 'ana', unlikeAt(8), T + 8)
        await press(database().port, post, 'gus', likeAt(8), T + 9)
        expect(await snapshot({ postIds: [post] })).toMatchObject({ receipt, posts: [{ likes: 12 }] })
        const drained = await chain.drain()
        expect(await snapshot({ postIds: [post] })).toMatchObject({
          receipt: drained.receipt,
          posts: [{ likes: 13 }],
        })
      })

      it('before the first batch of a partition has no receipt, and makes none', async () => {
        const query = { partition: 7, postIds: [post] }
        expect(await snapshot(query)).toMatchObject({ receipt: '', posts: [{ likes: 12 }] })
        expect(await database().port.status(7)).toMatchObject({ receipt: null })
      })

      it('is the same at the same cut, whatever is written and drained meanwhile', async () => {
        const { port } = database()
        const atCut = new Map([[receipt, 20]])
        const drains = (async () => {
          for (let i = 0; i < 10; i++) {
            const drained = await chain.drain([entry(other, `d${i}`, likeAt(1))], { limit: 2 })
            atCut.set(drained.receipt, drained.posts.find(({ postId }) => postId === other)!.likes)
          }
        })()
        const presses = Array.from({ length: 10 }, (_, i) => press(port, other, `s${i}`, likeAt(1), T + i))
        const snapshots = await Promise.all(
          Array.from({ length: 20 }, () => snapshot({ postIds: [other], sessionId: 's1' })),
        )
        await Promise.all([...presses, drains])
        for (const { receipt, posts } of snapshots) expect(posts[0]!.likes).toBe(atCut.get(receipt))
      })
    })

    /** The snapshot of a session that is asked for with others in one call; `extent`: of those who have no ops. */
    async function amongMany(query: Partial<SnapshotQuery>, extent = 'all'): Promise<Snapshot> {
      const { sessionId, pairs = [], postIds = [], most = 100 } = query
      const sessions = [
        { sessionId: 'bystander', pairs: [other] },
        { sessionId: sessionId!, pairs },
        { sessionId: 'another', pairs: [post, ...pairs] },
      ]
      const told = await database().port.snapshots({ partition: 0, postIds, sessions, most })
      expect(told.sessions.map(session => session.sessionId).sort()).toEqual(
        sessions.map(session => session.sessionId).sort(),
      )
      const session = told.sessions.find(session => session.sessionId === sessionId)!
      for (const name of ['bystander', 'another'])
        expect(told.sessions).toContainEqual({ sessionId: name, extent, ops: [] })
      return {
        receipt: told.receipt,
        posts: told.posts,
        session: { extent: session.extent, ops: session.ops },
      }
    }

    it('of many sessions is of one moment with the posts', async () => {
      const sessions = ['ana', 'eva', 'zoe'].map(sessionId => ({ sessionId, pairs: [post] }))
      const query = { partition: 0, postIds: [post, newPostId(), post], sessions, most: 100 }
      const told = await database().port.snapshots(query)
      expect(told).toMatchObject({ receipt, posts: [{ postId: post, likes: 12, rev: T }] })
      expect(Object.fromEntries(told.sessions.map(({ sessionId, ops }) => [sessionId, ops]))).toEqual({
        ana: [{ postId: post, op: likeAt(5) }],
        eva: [{ postId: post, op: unlikeAt(5) }],
        zoe: [],
      })
    })

    describe.each([
      ['alone', snapshot],
      ['among others', amongMany],
    ])('a snapshot of a session, %s,', (_, snapshot) => {
      it('holds all of its ops, likes and unlikes, and no others', async () => {
        await chain.drain([entry(other, 'ana', unlikeAt(9))])
        const ana = await snapshot({ sessionId: 'ana' })
        expect(ana.session).toMatchObject({ extent: 'all' })
        expect(opsOf(ana)).toEqual({ [post]: likeAt(5), [other]: unlikeAt(9) })
        expect(opsOf(await snapshot({ sessionId: 'eva' }))).toEqual({ [post]: unlikeAt(5) })
      })

      it('of a session without ops is complete and empty', async () => {
        expect((await snapshot({ sessionId: 'zoe', pairs: [post] })).session).toEqual({
          extent: 'all',
          ops: [],
        })
      })

      it('is of the cut: a pair has its op from before later presses', async () => {
        const { port } = database()
        await press(port, post, 'ana', unlikeAt(7), T)
        await press(port, post, 'ana', likeAt(8), T)
        await press(port, other, 'ana', likeAt(8), T)
        expect(opsOf(await snapshot({ sessionId: 'ana' }))).toEqual({ [post]: likeAt(5) })
        await chain.drain()
        expect(opsOf(await snapshot({ sessionId: 'ana' }))).toEqual({
          [post]: likeAt(8),
          [other]: likeAt(8),
        })
      })

      it('with more ops than may be told holds those on the posts that are asked for', async () => {
        const { port } = database()
        const posts = Array.from({ length: 5 }, newPostId)
        await database().addPosts(posts.map(id => ({ id, likes: 0 })))
        await chain.drain(posts.map((id, i) => entry(id, 'ana', i % 2 ? unlikeAt(3) : likeAt(3))))
        const asked = { sessionId: 'ana', pairs: [posts[0]!, posts[1]!, other, newPostId()] }
        expect(await snapshot({ ...asked, most: 6 })).toMatchObject({ session: { extent: 'all' } })
        const some = await snapshot({ ...asked, most: 5 })
        expect(some.session).toMatchObject({ extent: 'some' })
        expect(opsOf(some)).toEqual({ [posts[0]!]: likeAt(3), [posts[1]!]: unlikeAt(3) })
        await press(port, posts[0]!, 'ana', unlikeAt(4), T)
        await press(port, other, 'ana', likeAt(4), T)
        expect(opsOf(await snapshot({ ...asked, most: 5 }))).toEqual(opsOf(some))
        expect(opsOf(await snapshot({ ...asked, pairs: [], most: 0 }))).toEqual({})
      })

      it('is not complete until a batch has told that a post was removed: at the cut its ops were there', async () => {
        const { port } = database()
        await chain.drain([entry(other, 'ana', likeAt(5))])
        expect(await port.removePost(other)).toBe(true)
        const ana = await snapshot({ sessionId: 'ana', pairs: [post, other] }, 'some')
        expect(ana.session).toMatchObject({ extent: 'some' })
        expect(opsOf(ana)).toEqual({ [post]: likeAt(5) })
        await chain.drain()
        expect((await snapshot({ sessionId: 'ana' })).session).toMatchObject({ extent: 'all' })
      })

      it('is not cut at a thousand ops', async () => {
        const posts = Array.from({ length: 1100 }, newPostId)
        await database().addPosts(posts.map(id => ({ id, likes: 0 })))
        await chain.drain(posts.map(id => entry(id, 'ana', likeAt(3))))
        const { session } = await snapshot({ sessionId: 'ana', most: 2000 })
        expect(session).toMatchObject({ extent: 'all' })
        expect(session!.ops).toHaveLength(1101)
      })
    })
  })
}
