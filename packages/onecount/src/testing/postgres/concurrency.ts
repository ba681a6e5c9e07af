import { beforeEach, describe, expect, it } from 'vitest'
import { chainOf, entry, likeAt, newest, newPostId, type PostgresSuite, press, T, unlikeAt } from './harness'

export const concurrency: PostgresSuite = database => {
  describe('at the same time', () => {
    let posts: string[]
    beforeEach(async () => {
      posts = [newPostId(), newPostId(), newPostId()]
      await database().addPosts(posts.map(id => ({ id, likes: 100 })))
    })

    /** Invariant 1. */
    async function expectCountsToAddUp(): Promise<void> {
      for (const id of posts) {
        const ratings = await database().rows('post_ratings', id)
        expect(await database().post(id)).toMatchObject({ likes: 100 + ratings.length })
      }
    }

    it('exactly one of twenty batches with the same parent is applied', async () => {
      const { port, rows } = database()
      const cut = chainOf(port)
      await cut.drain()
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          port.sync(cut.batch([entry(posts[i % 3]!, `s${i}`, likeAt(1))])),
        ),
      )
      const applied = results.filter(({ status }) => status === 'applied')
      expect(applied).toHaveLength(1)
      const { receipt } = await port.status(0)
      for (const result of results)
        if (result.status !== 'applied') expect(result).toEqual({ status: 'rejected', receipt })
      expect(applied).toMatchObject([{ receipt }])
      const ratings = await Promise.all(posts.map(id => rows('post_ratings', id)))
      expect(ratings.flat()).toHaveLength(1)
      await expectCountsToAddUp()
    })

    it('all of twenty calls with the same batch have the same answer, and it is applied once', async () => {
      const { port } = database()
      const cut = chainOf(port)
      await cut.drain()
      await press(port, posts[0]!, 'ben', likeAt(1), T)
      const batch = cut.batch([entry(posts[0]!, 'ana', likeAt(1)), entry(posts[1]!, 'ana', likeAt(1))])
      const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => port.sync(batch)))
      expect(first).toMatchObject({
        status: 'applied',
        rows: [{ postId: posts[0], sessionId: 'ben', op: likeAt(1) }],
      })
      for (const other of others) expect(other).toEqual(first)
      await expectCountsToAddUp()
    })

    it('the first batches of a new partition agree on its receipt', async () => {
      const { port } = database()
      const cut = chainOf(port, 42)
      const results = await Promise.all(Array.from({ length: 10 }, () => port.sync(cut.batch())))
      const receipts = results.map(result => result.status === 'rejected' && result.receipt)
      expect(new Set(receipts).size).toBe(1)
      expect(await port.status(42)).toMatchObject({ receipt: receipts[0] })
    })

    it('presses and a batch on the same posts count every like once', async () => {
      const { port } = database()
      const cut = chainOf(port)
      await cut.drain()
      const sessions = Array.from({ length: 30 }, (_, i) => `s${i}`)
      const batch = sessions.flatMap(s => posts.map(post => entry(post, s, likeAt(5), T + 5)))
      const [first] = await Promise.all([
        cut.drain(batch),
        ...sessions.map((s, i) => press(port, posts[i % 3]!, s, likeAt(5), T + 5)),
        ...sessions.map((s, i) =>
          press(port, posts[(i + 1) % 3]!, s, i % 2 ? unlikeAt(6) : unlikeAt(4), T + 6),
        ),
      ])
      await expectCountsToAddUp()
      const ratings = await Promise.all(posts.map(id => database().rows('post_ratings', id)))
      expect(ratings.flat()).toHaveLength(90 - 15)

      const told = newest([...batch, ...first.rows])
      for (let more = await cut.drain(); more.rows.length > 0; more = await cut.drain())
        for (const [pair, op] of Object.entries(newest(more.rows))) told[pair] = Math.max(op, told[pair] ?? 0)
      const held = await Promise.all(
        posts.map(async postId => [
          ...(await database().rows('post_ratings', postId)).map(row => ({ postId, ...row })),
          ...(await database().rows('like_tombstones', postId)).map(row => ({ postId, ...row })),
        ]),
      )
      expect(told).toEqual(newest(held.flat()))
    })

    it('the greatest of many ops of one pair wins, whatever order they arrive in', async () => {
      const { port } = database()
      const ops = Array.from({ length: 24 }, (_, i) => (i % 2 ? likeAt(i) : unlikeAt(i)))
      await Promise.all(ops.reverse().map(op => press(port, posts[0]!, 'ana', op, T)))
      expect(await port.peek([posts[0]!], 'ana')).toMatchObject([{ count: 101, liked: true, op: likeAt(23) }])
      const { rows, posts: told } = await chainOf(port).drain()
      expect(newest(rows)).toEqual({ [`${posts[0]}|ana`]: likeAt(23) })
      expect(told).toEqual([{ postId: posts[0], likes: 101 }])
      await expectCountsToAddUp()
    })

    it('a post that is deleted while ops arrive leaves nothing behind', async () => {
      const { port, removePost, rows } = database()
      const doomed = posts.pop()!
      await Promise.all([
        ...Array.from({ length: 10 }, (_, i) => press(port, doomed, `s${i}`, likeAt(1), T).catch(() => {})),
        removePost(doomed),
        ...Array.from({ length: 10 }, (_, i) => press(port, doomed, `t${i}`, likeAt(1), T).catch(() => {})),
      ])
      await expect(press(port, doomed, 'last', likeAt(1), T)).rejects.toThrow('gone')
      expect(await rows('post_ratings', doomed)).toEqual([])
      const { rows: told, posts: left } = await chainOf(port).drain()
      expect(told).toEqual([{ postId: doomed, sessionId: '', op: 1 }])
      expect(left).toEqual([])
    })
  })
}
