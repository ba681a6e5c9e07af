import { beforeEach, describe, expect, it } from 'vitest'
import { chainOf, entry, likeAt, newPostId, type PostgresSuite, press, T, unlikeAt } from './harness'

export const sync: PostgresSuite = database => {
  describe('sync', () => {
    let post: string
    let chain: ReturnType<typeof chainOf>
    beforeEach(async () => {
      post = newPostId()
      chain = chainOf(database().port)
      await database().addPosts([{ id: post, likes: 443 }])
    })

    it('adds ratings, keeps likes at base plus ratings, and takes over the revision', async () => {
      const db = database()
      const result = await chain.sync([
        entry(post, 'ana', likeAt(1), T + 1),
        entry(post, 'ben', likeAt(2), T + 2),
      ])
      expect(result).toEqual({ status: 'applied', gone: [], unseen: [] })
      expect(await db.post(post)).toEqual({ likes: 445, rev: T + 2 })
      expect(await db.rows('post_ratings', post)).toEqual([
        { sessionId: 'ana', op: likeAt(1) },
        { sessionId: 'ben', op: likeAt(2) },
      ])
    })

    it('takes a rating back and leaves a tombstone', async () => {
      const db = database()
      await chain.sync([entry(post, 'ana', likeAt(1))])
      await chain.sync([entry(post, 'ana', unlikeAt(2))])
      expect(await db.post(post)).toMatchObject({ likes: 443 })
      expect(await db.rows('post_ratings', post)).toEqual([])
      expect(await db.rows('like_tombstones', post)).toEqual([{ sessionId: 'ana', op: unlikeAt(2) }])
    })

    it('does not let a late like pass a tombstone, and tells Redis of the greater op', async () => {
      const db = database()
      await chain.sync([entry(post, 'ana', unlikeAt(5))])
      const result = await chain.sync([entry(post, 'ana', likeAt(4))])
      expect(await db.post(post)).toMatchObject({ likes: 443 })
      expect(await db.rows('post_ratings', post)).toEqual([])
      expect(result.unseen).toEqual([{ postId: post, sessionId: 'ana', op: unlikeAt(5) }])
    })

    it('lets a newer like remove the tombstone', async () => {
      const db = database()
      await chain.sync([entry(post, 'ana', unlikeAt(5))])
      await chain.sync([entry(post, 'ana', likeAt(6))])
      expect(await db.post(post)).toMatchObject({ likes: 444 })
      expect(await db.rows('like_tombstones', post)).toEqual([])
    })

    it('changes nothing when an op comes a second time', async () => {
      const db = database()
      await chain.sync([entry(post, 'ana', likeAt(1), T), entry(post, 'ben', unlikeAt(1), T)])
      const before = await db.post(post)
      const again = await chain.sync([
        entry(post, 'ana', likeAt(1), T + 9),
        entry(post, 'ben', unlikeAt(1), T + 9),
      ])
      expect(await db.post(post)).toEqual(before)
      expect(again.unseen).toEqual([])
    })

    it('coalesces several ops of a pair in one batch: the greatest wins', async () => {
      const db = database()
      const ops = [likeAt(3), unlikeAt(5), likeAt(1), unlikeAt(4)]
      await chain.sync(ops.map(op => entry(post, 'ana', op)))
      await chain.sync([entry(post, 'ben', unlikeAt(1)), entry(post, 'ben', likeAt(2))])
      expect(await db.post(post)).toMatchObject({ likes: 444 })
      expect(await db.rows('post_ratings', post)).toEqual([{ sessionId: 'ben', op: likeAt(2) }])
      expect(await db.rows('like_tombstones', post)).toEqual([{ sessionId: 'ana', op: unlikeAt(5) }])
    })

    it('moves an op forward without counting it again', async () => {
      const db = database()
      await chain.sync([entry(post, 'ana', likeAt(1))])
      await chain.sync([entry(post, 'ana', likeAt(9))])
      expect(await db.post(post)).toMatchObject({ likes: 444 })
      expect(await db.rows('post_ratings', post)).toEqual([{ sessionId: 'ana', op: likeAt(9) }])
    })

    it('lets the revision grow with every change, whatever the batch says', async () => {
      const db = database()
      await chain.sync([entry(post, 'ana', likeAt(1), T)])
      await chain.sync([entry(post, 'ben', likeAt(1), T - 99)])
      expect((await db.post(post)).rev).toBe(T + 1)
      await chain.sync([entry(post, 'eva', likeAt(1), 0)])
      expect((await db.post(post)).rev).toBe(T + 2)
    })

    it('names the posts that do not exist and applies the rest', async () => {
      const missing = newPostId()
      const result = await chain.sync([
        entry(missing, 'ana', likeAt(1)),
        entry(missing, 'ben', likeAt(1)),
        entry(post, 'ana', likeAt(1)),
      ])
      expect(result.gone).toEqual([missing])
      expect(await database().post(post)).toMatchObject({ likes: 444 })
    })

    it('forgets with a post all that hung on it', async () => {
      const db = database()
      await chain.sync([entry(post, 'ana', likeAt(1)), entry(post, 'ben', unlikeAt(1))])
      await press(db.port, post, 'eva', likeAt(1), T)
      await db.removePost(post)
      for (const table of ['post_ratings', 'like_tombstones'] as const)
        expect(await db.rows(table, post)).toEqual([])
      const result = await chain.sync([entry(post, 'ana', likeAt(2))])
      expect(result).toMatchObject({ gone: [post], unseen: [{ postId: post, sessionId: '' }] })
      expect(await chain.sync([], { seen: result.unseen })).toMatchObject({ unseen: [] })
    })

    it('hands out what Redis has not seen until exactly that op was seen', async () => {
      const db = database()
      const unseen = (op: number) => ({ postId: post, sessionId: 'ana', op })
      await press(db.port, post, 'ana', likeAt(1), T)
      expect((await chain.sync([])).unseen).toEqual([unseen(likeAt(1))])
      expect((await chain.sync([])).unseen).toEqual([unseen(likeAt(1))])
      await press(db.port, post, 'ana', unlikeAt(2), T)
      expect((await chain.sync([], { seen: [unseen(likeAt(1))] })).unseen).toEqual([unseen(unlikeAt(2))])
      expect((await chain.sync([], { seen: [unseen(unlikeAt(2))] })).unseen).toEqual([])
    })

    it('hands out no more than asked for', async () => {
      for (const session of ['a', 'b', 'c']) await press(database().port, post, session, likeAt(1), T)
      expect((await chain.sync([], { limit: 2 })).unseen).toHaveLength(2)
      expect((await chain.sync([], { limit: 0 })).unseen).toEqual([])
    })

    it('applies a thousand ops on fifty posts in one batch', async () => {
      const db = database()
      const posts = Array.from({ length: 50 }, newPostId)
      await db.addPosts(posts.map((id, i) => ({ id, likes: i })))
      await chain.sync(
        Array.from({ length: 1000 }, (_, i) =>
          entry(posts[i % 50]!, `s${Math.floor(i / 50)}`, i % 3 === 0 ? unlikeAt(1) : likeAt(1)),
        ),
      )
      let likes = 0
      for (const [i, id] of posts.entries()) {
        const ratings = await db.rows('post_ratings', id)
        expect(await db.post(id)).toMatchObject({ likes: i + ratings.length })
        likes += ratings.length
      }
      expect(likes).toBe(1000 - 334)
    })
  })
}
