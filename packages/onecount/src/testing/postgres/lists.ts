import { describe, expect, it } from 'vitest'
import { chainOf, entry, likeAt, newPostId, type PostgresSuite, press, T, unlikeAt } from './harness'

export const lists: PostgresSuite = database => {
  describe('posts', () => {
    it('pages through all of them by id, with their number of ratings, until a page is empty', async () => {
      const { port, addPosts } = database()
      const ids = Array.from({ length: 7 }, newPostId).sort()
      await addPosts(ids.map((id, i) => ({ id, likes: i })))
      await chainOf(port).drain([entry(ids[0]!, 'ana', likeAt(1), T)])
      const pages = []
      for (let after: string | null = null; ; ) {
        const page = await port.posts(after, 3)
        if (page.length === 0) break
        pages.push(page)
        after = page.at(-1)!.postId
      }
      expect(pages.map(page => page.length)).toEqual([3, 3, 1])
      expect(pages.flat().map(p => p.postId)).toEqual(ids)
      expect(pages[0]!.slice(0, 2)).toEqual([
        { postId: ids[0], likes: 1, rev: T, ratings: 1 },
        { postId: ids[1], likes: 1, rev: 0, ratings: 0 },
      ])
    })

    it('is not cut at a thousand', async () => {
      const { port, addPosts } = database()
      await addPosts(Array.from({ length: 1100 }, () => ({ id: newPostId(), likes: 0 })))
      expect(await port.posts(null, 1100)).toHaveLength(1100)
    })
  })

  describe('likes', () => {
    it('pages through all posts by id, with their likes, until a page is empty', async () => {
      const { port, addPosts } = database()
      const ids = Array.from({ length: 7 }, newPostId).sort()
      await addPosts(ids.map((id, i) => ({ id, likes: i })))
      const pages = []
      for (let after: string | null = null; ; ) {
        const page = await port.likes(after, 3)
        if (page.length === 0) break
        pages.push(page)
        after = page.at(-1)!.postId
      }
      expect(pages.map(page => page.length)).toEqual([3, 3, 1])
      expect(pages.flat()).toEqual(ids.map((postId, i) => ({ postId, likes: i })))
    })

    it('is not cut at a thousand', async () => {
      const { port, addPosts } = database()
      await addPosts(Array.from({ length: 1100 }, () => ({ id: newPostId(), likes: 0 })))
      expect(await port.likes(null, 1100)).toHaveLength(1100)
    })
  })

  describe('ranking', () => {
    it('lists the most liked first, up to the limit', async () => {
      const { port, addPosts } = database()
      const [low, high, middle] = [newPostId(), newPostId(), newPostId()]
      await addPosts([
        { id: low, likes: 1 },
        { id: high, likes: 446 },
        { id: middle, likes: 30 },
      ])
      expect(await port.ranking(2)).toEqual([
        { postId: high, likes: 446 },
        { postId: middle, likes: 30 },
      ])
    })

    it('puts equal counts in the order of their ids, the greatest first, as Redis does', async () => {
      const { port, addPosts } = database()
      const ids = Array.from({ length: 20 }, newPostId)
      await addPosts(ids.map(id => ({ id, likes: 5 })))
      const listed = (await port.ranking(20)).map(post => post.postId)
      expect(listed).toEqual([...ids].sort().reverse())
    })

    it('is empty without posts', async () => {
      expect(await database().port.ranking(10)).toEqual([])
    })
  })

  describe('session', () => {
    it('pages through the likes of a session, by post, until a page is empty', async () => {
      const { port, addPosts } = database()
      const ids = Array.from({ length: 6 }, newPostId).sort()
      await addPosts(ids.map(id => ({ id, likes: 0 })))
      await chainOf(port).drain([
        ...ids.slice(0, 4).map(id => entry(id, 'ana', likeAt(1))),
        entry(ids[4]!, 'ana', unlikeAt(1)),
        entry(ids[5]!, 'ben', likeAt(1)),
      ])
      const first = await port.session('ana', null, 3)
      expect(first).toEqual(ids.slice(0, 3).map(postId => ({ postId, op: likeAt(1) })))
      const second = await port.session('ana', first.at(-1)!.postId, 3)
      expect(second).toEqual([{ postId: ids[3], op: likeAt(1) }])
      expect(await port.session('ana', second[0]!.postId, 3)).toEqual([])
    })
  })

  describe('ratings', () => {
    it('pages through all ratings, by post and session, until a page is empty', async () => {
      const { port, addPosts } = database()
      const ids = Array.from({ length: 3 }, newPostId).sort()
      await addPosts(ids.map(id => ({ id, likes: 5 })))
      const likes = ids.flatMap(id => ['a', 'b', 'c'].map(session => entry(id, session, likeAt(1))))
      await chainOf(port).drain([...likes, entry(ids[1]!, 'd', unlikeAt(1))])
      const pages = []
      for (let page = await port.ratings(null, 4); page.length > 0; ) {
        pages.push(page)
        page = await port.ratings(page.at(-1)!, 4)
      }
      expect(pages.map(page => page.length)).toEqual([4, 4, 1])
      expect(pages.flat()).toEqual(likes.map(({ rev, ...like }) => like))
    })

    it('goes on after a pair that is not there any more', async () => {
      const { port, addPosts, removePost } = database()
      const [gone, kept] = [newPostId(), newPostId()].sort() as [string, string]
      await addPosts([gone, kept].map(id => ({ id, likes: 0 })))
      await chainOf(port).drain([entry(gone, 'ana', likeAt(1)), entry(kept, 'ana', likeAt(1))])
      const [last] = await port.ratings(null, 1)
      await removePost(gone)
      expect(await port.ratings(last!, 9)).toEqual([{ postId: kept, sessionId: 'ana', op: likeAt(1) }])
    })

    it('is not cut at a thousand', async () => {
      const { port, addPosts } = database()
      const post = newPostId()
      await addPosts([{ id: post, likes: 0 }])
      await chainOf(port).drain(Array.from({ length: 1100 }, (_, i) => entry(post, `s${i}`, likeAt(1))))
      expect(await port.ratings(null, 2000)).toHaveLength(1100)
    })
  })

  describe('removePost', () => {
    it('removes a post with all that hangs on it, once', async () => {
      const { port, addPosts, rows } = database()
      const post = newPostId()
      await addPosts([{ id: post, likes: 10 }])
      await chainOf(port).drain([entry(post, 'ana', likeAt(1)), entry(post, 'ben', unlikeAt(1))])
      await press(port, post, 'eva', likeAt(1), T)
      expect(await port.removePost(post)).toBe(true)
      expect(await port.removePost(post)).toBe(false)
      for (const table of ['post_ratings', 'like_tombstones'] as const)
        expect(await rows(table, post)).toEqual([])
      expect(await port.posts(null, 10)).toEqual([])
      expect(await port.session('ana', null, 10)).toEqual([])
      expect((await chainOf(port).drain()).rows).toEqual([{ postId: post, sessionId: '', op: 1 }])
    })
  })

  describe('status', () => {
    it('counts the ops that Redis has not seen', async () => {
      const { port, addPosts } = database()
      const post = newPostId()
      await addPosts([{ id: post, likes: 0 }])
      for (const session of ['a', 'b', 'a']) await press(port, post, session, likeAt(1), T)
      expect(await port.status(0)).toMatchObject({ unseen: 2, refused: 0 })
    })

    it('of a partition without a batch has no receipt and no owner', async () => {
      expect(await database().port.status(9)).toEqual({
        receipt: null,
        owner: null,
        partitions: 1,
        unseen: 0,
        refused: 0,
      })
    })
  })
}
