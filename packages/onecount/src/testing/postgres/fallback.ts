import { beforeEach, describe, expect, it } from 'vitest'
import { chainOf, entry, likeAt, newPostId, type PostgresSuite, T, unlikeAt } from './harness'

export const fallback: PostgresSuite = database => {
  describe('fallback', () => {
    let post: string
    beforeEach(async () => {
      post = newPostId()
      await database().addPosts([{ id: post, likes: 446 }])
    })

    it('makes a like durable, answers the new state, and remembers that Redis has not seen it', async () => {
      const db = database()
      expect(await db.port.fallback(post, 'ana', likeAt(1), T + 1)).toEqual({
        postId: post,
        count: 447,
        rev: T + 1,
        liked: true,
        op: likeAt(1),
      })
      expect(await db.rows('post_ratings', post)).toEqual([{ sessionId: 'ana', op: likeAt(1) }])
      expect(await db.rows('like_unseen', post)).toEqual([{ sessionId: 'ana', op: likeAt(1) }])
    })

    it('takes a like back', async () => {
      const db = database()
      await db.port.fallback(post, 'ana', likeAt(1), T + 1)
      expect(await db.port.fallback(post, 'ana', unlikeAt(2), T + 2)).toMatchObject({
        count: 446,
        liked: false,
        op: unlikeAt(2),
      })
      expect(await db.rows('like_unseen', post)).toEqual([{ sessionId: 'ana', op: unlikeAt(2) }])
    })

    it('answers a repeat as the first time and changes nothing', async () => {
      const db = database()
      const first = await db.port.fallback(post, 'ana', likeAt(1), T + 1)
      expect(await db.port.fallback(post, 'ana', likeAt(1), T + 9)).toEqual(first)
      expect(await db.post(post)).toEqual({ likes: 447, rev: T + 1 })
    })

    it('ignores an op older than the one it has, and marks the newer one as unseen', async () => {
      const db = database()
      await chainOf(db.port).sync([entry(post, 'ana', unlikeAt(5))])
      expect(await db.port.fallback(post, 'ana', likeAt(4), T + 9)).toMatchObject({
        count: 446,
        liked: false,
        op: unlikeAt(5),
      })
      expect(await db.rows('like_unseen', post)).toEqual([{ sessionId: 'ana', op: unlikeAt(5) }])
    })

    it('answers null for a post that does not exist, and writes nothing', async () => {
      const missing = newPostId()
      expect(await database().port.fallback(missing, 'ana', likeAt(1), T)).toBeNull()
      expect(await database().port.status(0)).toMatchObject({ unseen: 0 })
    })
  })
}
