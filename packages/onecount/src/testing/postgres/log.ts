import { beforeEach, describe, expect, it } from 'vitest'
import {
  type Chain,
  chainOf,
  entry,
  likeAt,
  newest,
  newPostId,
  type PostgresSuite,
  press,
  T,
  unlikeAt,
} from './harness'

export const log: PostgresSuite = database => {
  describe('ops that Redis has not seen', () => {
    let post: string
    let other: string
    let chain: Chain
    beforeEach(async () => {
      ;[post, other] = [newPostId(), newPostId()]
      await database().addPosts([
        { id: post, likes: 10 },
        { id: other, likes: 20 },
      ])
      chain = chainOf(database().port)
      await chain.drain([entry(post, 'ana', likeAt(1))])
    })
    const pressed = (sessionId: string, op: number, postId = post) =>
      press(database().port, postId, sessionId, op, T)
    const unseen = async () => (await database().port.status(0)).unseen

    it('is told by the next batch, once, with the likes of its posts', async () => {
      await pressed('ben', likeAt(2))
      expect(await unseen()).toBe(1)
      expect(await chain.drain()).toMatchObject({
        rows: [{ postId: post, sessionId: 'ben', op: likeAt(2) }],
        posts: [{ postId: post, likes: 12 }],
      })
      expect(await unseen()).toBe(0)
      expect(await chain.drain()).toMatchObject({ rows: [], posts: [] })
    })

    it('is told by the newest op of its pair at least', async () => {
      await pressed('ben', likeAt(2))
      await pressed('ben', unlikeAt(3))
      await pressed('ana', unlikeAt(4))
      const { rows, posts } = await chain.drain()
      expect(newest(rows)).toEqual({ [`${post}|ben`]: unlikeAt(3), [`${post}|ana`]: unlikeAt(4) })
      expect(posts).toEqual([{ postId: post, likes: 10 }])
    })

    it('is told in its order, no more than is asked for, and counts apart until then', async () => {
      for (const session of ['b', 'c', 'd']) await pressed(session, likeAt(2))
      await pressed('e', likeAt(2), other)
      const first = await chain.drain([], { limit: 2 })
      expect(newest(first.rows)).toEqual({ [`${post}|b`]: likeAt(2), [`${post}|c`]: likeAt(2) })
      expect(first.posts).toEqual([{ postId: post, likes: 13 }])
      expect(await unseen()).toBe(2)
      const second = await chain.drain([], { limit: 2 })
      expect(newest(second.rows)).toEqual({ [`${post}|d`]: likeAt(2), [`${other}|e`]: likeAt(2) })
      expect(second.posts).toHaveLength(2)
      expect(second.posts).toContainEqual({ postId: post, likes: 14 })
      expect(second.posts).toContainEqual({ postId: other, likes: 21 })
    })

    it('of the pairs of a batch goes with it, however little is asked for', async () => {
      await pressed('ben', likeAt(2))
      await pressed('eva', likeAt(2))
      const { rows, posts } = await chain.drain([entry(post, 'eva', unlikeAt(1))], { limit: 0 })
      expect(rows).toEqual([{ postId: post, sessionId: 'eva', op: likeAt(2) }])
      expect(posts).toEqual([{ postId: post, likes: 12 }])
      expect((await chain.drain()).rows).toEqual([{ postId: post, sessionId: 'ben', op: likeAt(2) }])
    })

    it('is part of a batch even where an entry of the batch beats it', async () => {
      await pressed('eva', likeAt(2))
      const { rows, posts } = await chain.drain([entry(post, 'eva', unlikeAt(3))], { limit: 0 })
      expect(rows.every(row => row.op <= unlikeAt(3))).toBe(true)
      expect(posts).toEqual([{ postId: post, likes: 11 }])
      expect(await unseen()).toBe(0)
    })

    it('does not count in the likes of a cut, also where it takes likes back', async () => {
      await pressed('ana', unlikeAt(2))
      await pressed('ben', likeAt(2))
      await pressed('eva', likeAt(2))
      const { posts } = await chain.drain([entry(post, 'fay', likeAt(2))], { limit: 0 })
      expect(posts).toEqual([{ postId: post, likes: 12 }])
      expect(await database().post(post)).toMatchObject({ likes: 13 })
      expect((await chain.drain()).posts).toEqual([{ postId: post, likes: 13 }])
    })

    it('is told one by one where it balances, and then is no change at all', async () => {
      await pressed('ana', unlikeAt(2))
      await pressed('ben', likeAt(2))
      expect(await chain.drain([], { limit: 1 })).toMatchObject({ posts: [{ postId: post, likes: 10 }] })
      expect(await chain.drain([], { limit: 1 })).toMatchObject({ posts: [{ postId: post, likes: 11 }] })
      expect(await chain.drain([entry(post, 'eva', likeAt(1))])).toMatchObject({ posts: [{ likes: 12 }] })
    })

    it('of a post that is removed is that it must be forgotten, and nothing else', async () => {
      await pressed('ben', likeAt(2))
      await database().removePost(post)
      expect(await chain.drain([entry(post, 'ana', likeAt(9))])).toMatchObject({
        rows: [{ postId: post, sessionId: '', op: 1 }],
        posts: [],
        refused: [],
      })
      expect(await chain.drain()).toMatchObject({ rows: [], posts: [] })
    })

    it('of a post that is removed and made again tells both', async () => {
      await database().removePost(post)
      await database().addPosts([{ id: post, likes: 5 }])
      await pressed('ben', likeAt(2))
      const { rows, posts } = await chain.drain()
      expect(newest(rows)).toEqual({ [`${post}|`]: 1, [`${post}|ben`]: likeAt(2) })
      expect(posts).toEqual([{ postId: post, likes: 6 }])
    })

    it('of a post that is removed and made again says so when it is there for long', async () => {
      await database().removePost(post)
      expect(await chain.drain()).toMatchObject({ rows: [{ postId: post, sessionId: '', op: 1 }], posts: [] })
      await database().addPosts([{ id: post, likes: 5 }])
      expect(await chain.drain()).toMatchObject({ rows: [], posts: [] })
    })
  })
}
