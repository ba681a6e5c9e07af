import { beforeEach, describe, expect, it } from 'vitest'
import { type Chain, chainOf, entry, likeAt, newPostId, type PostgresSuite, unlikeAt } from './harness'

export const drain: PostgresSuite = database => {
  describe('a batch', () => {
    let post: string
    let chain: Chain
    beforeEach(async () => {
      post = newPostId()
      chain = chainOf(database().port)
      await database().addPosts([{ id: post, likes: 443 }])
    })

    it('adds ratings, keeps likes at base plus ratings, and takes over the revision', async () => {
      const db = database()
      const result = await chain.drain([entry(post, 'ana', likeAt(1), 11), entry(post, 'ben', likeAt(2), 12)])
      expect(result).toEqual({
        status: 'applied',
        receipt: expect.any(String),
        rows: [],
        posts: [{ postId: post, likes: 445 }],
        refused: [],
      })
      expect(await db.post(post)).toEqual({ likes: 445, rev: 12 })
      expect(await db.rows('post_ratings', post)).toEqual([
        { sessionId: 'ana', op: likeAt(1) },
        { sessionId: 'ben', op: likeAt(2) },
      ])
    })

    it('takes a rating back and leaves a tombstone', async () => {
      const db = database()
      await chain.drain([entry(post, 'ana', likeAt(1))])
      const { posts } = await chain.drain([entry(post, 'ana', unlikeAt(2))])
      expect(posts).toEqual([{ postId: post, likes: 443 }])
      expect(await db.post(post)).toMatchObject({ likes: 443 })
      expect(await db.rows('post_ratings', post)).toEqual([])
      expect(await db.rows('like_tombstones', post)).toEqual([{ sessionId: 'ana', op: unlikeAt(2) }])
    })

    it('does not let a late like pass a tombstone, and tells Redis of the greater op', async () => {
      const db = database()
      await chain.drain([entry(post, 'ana', unlikeAt(5))])
      const late = await chain.drain([entry(post, 'ana', likeAt(4)), entry(post, 'ben', likeAt(2))])
      expect(late).toMatchObject({
        rows: [{ postId: post, sessionId: 'ana', op: unlikeAt(5) }],
        posts: [{ postId: post, likes: 444 }],
      })
      expect(await db.rows('post_ratings', post)).toEqual([{ sessionId: 'ben', op: likeAt(2) }])
      expect(await db.rows('like_tombstones', post)).toEqual([{ sessionId: 'ana', op: unlikeAt(5) }])
    })

    it('does not let a late unlike pass a like, and tells Redis of the greater op', async () => {
      await chain.drain([entry(post, 'ana', likeAt(5))])
      expect(await chain.drain([entry(post, 'ana', unlikeAt(4))])).toMatchObject({
        rows: [{ postId: post, sessionId: 'ana', op: likeAt(5) }],
        posts: [{ postId: post, likes: 444 }],
      })
    })

    it('says nothing of an op that Postgres has already', async () => {
      await chain.drain([entry(post, 'ana', likeAt(5))])
      expect(await chain.drain([entry(post, 'ana', likeAt(5))])).toMatchObject({
        rows: [],
        posts: [{ postId: post, likes: 444 }],
      })
    })

    it('moves an op forward without counting it again', async () => {
      const db = database()
      await chain.drain([entry(post, 'ana', likeAt(1))])
      await chain.drain([entry(post, 'ana', likeAt(9))])
      expect(await db.post(post)).toMatchObject({ likes: 444 })
      expect(await db.rows('post_ratings', post)).toEqual([{ sessionId: 'ana', op: likeAt(9) }])
    })

    it('lets the revision grow with every change, whatever the batch says', async () => {
      const db = database()
      await chain.drain([entry(post, 'ana', likeAt(1), 900)])
      await chain.drain([entry(post, 'ben', likeAt(1), 800)])
      expect((await db.post(post)).rev).toBe(901)
      await chain.drain([entry(post, 'eva', likeAt(1), 0)])
      expect((await db.post(post)).rev).toBe(902)
    })

    it('leaves out the posts that do not exist and applies the rest', async () => {
      const missing = newPostId()
      const result = await chain.drain([
        entry(missing, 'ana', likeAt(1)),
        entry(missing, 'ben', likeAt(1)),
        entry(post, 'ana', likeAt(1)),
      ])
      expect(result).toMatchObject({ rows: [], posts: [{ postId: post, likes: 444 }], refused: [] })
      expect(await database().post(post)).toMatchObject({ likes: 444 })
    })

    it('without entries tells nothing where there is nothing to tell', async () => {
      expect(await chain.drain()).toMatchObject({ status: 'applied', rows: [], posts: [], refused: [] })
    })

    it('applies a thousand ops on fifty posts', async () => {
      const db = database()
      const posts = Array.from({ length: 50 }, newPostId)
      await db.addPosts(posts.map((id, i) => ({ id, likes: i })))
      const { posts: told } = await chain.drain(
        Array.from({ length: 1000 }, (_, i) =>
          entry(posts[i % 50]!, `s${Math.floor(i / 50)}`, i % 3 === 0 ? unlikeAt(1) : likeAt(1)),
        ),
      )
      let likes = 0
      for (const [i, id] of posts.entries()) {
        const ratings = await db.rows('post_ratings', id)
        expect(await db.post(id)).toMatchObject({ likes: i + ratings.length })
        expect(told).toContainEqual({ postId: id, likes: i + ratings.length })
        likes += ratings.length
      }
      expect(told).toHaveLength(50)
      expect(likes).toBe(1000 - 334)
    })
  })
}
