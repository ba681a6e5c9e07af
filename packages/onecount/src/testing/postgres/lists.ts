import { describe, expect, it } from 'vitest'
import { chainOf, entry, likeAt, newPostId, type PostgresSuite, press, T } from './harness'

export const lists: PostgresSuite = database => {
  describe('posts', () => {
    it('pages through all of them by id, with their number of ratings, until a page is empty', async () => {
      const { port, addPosts } = database()
      const ids = Array.from({ length: 7 }, newPostId).sort()
      await addPosts(ids.map((id, i) => ({ id, likes: i })))
      await chainOf(port).sync([entry(ids[0]!, 'ana', likeAt(1), T)])
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

    it('is empty without posts', async () => {
      expect(await database().port.ranking(10)).toEqual([])
    })
  })

  describe('status', () => {
    it('counts what Redis has not seen', async () => {
      const { port, addPosts } = database()
      const post = newPostId()
      await addPosts([{ id: post, likes: 0 }])
      for (const session of ['a', 'b', 'a']) await press(port, post, session, likeAt(1), T)
      expect(await port.status(0)).toMatchObject({ unseen: 2 })
    })
  })
}
