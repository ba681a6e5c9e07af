import { beforeEach, describe, expect, it } from 'vitest'
import { chainOf, entry, likeAt, newPostId, type PostgresSuite, press, T, unlikeAt } from './harness'

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
      const { receipt, send } = chainOf(database().port)
      const parent = await receipt()
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          send([entry(posts[i % 3]!, `s${i}`, likeAt(1))], { parent, nonce: `n${i}` }),
        ),
      )
      const applied = results.flatMap((result, i) => (result.status === 'applied' ? [`n${i}`] : []))
      expect(applied).toHaveLength(1)
      for (const result of results) {
        if (result.status === 'rejected') expect(result.receipt).toBe(applied[0])
      }
      expect(await receipt()).toBe(applied[0])
      const rows = await Promise.all(posts.map(id => database().rows('post_ratings', id)))
      expect(rows.flat()).toHaveLength(1)
      await expectCountsToAddUp()
    })

    it('the first batches of a new partition agree on its receipt', async () => {
      const { send } = chainOf(database().port, 42)
      const results = await Promise.all(Array.from({ length: 10 }, () => send([], { parent: '' })))
      const receipts = new Set(results.flatMap(r => (r.status === 'rejected' ? [r.receipt] : [])))
      expect(receipts.size).toBe(1)
    })

    it('presses and a batch on the same posts count every like once', async () => {
      const { port } = database()
      const { receipt, send } = chainOf(port)
      const parent = await receipt()
      const sessions = Array.from({ length: 30 }, (_, i) => `s${i}`)
      const batch = sessions.flatMap(s => posts.map(post => entry(post, s, likeAt(5), T + 5)))
      const [result] = await Promise.all([
        send(batch, { parent }),
        ...sessions.map((s, i) => press(port, posts[i % 3]!, s, likeAt(5), T + 5)),
        ...sessions.map((s, i) =>
          press(port, posts[(i + 1) % 3]!, s, i % 2 ? unlikeAt(6) : unlikeAt(4), T + 6),
        ),
      ])
      expect(result).toMatchObject({ status: 'applied' })
      await expectCountsToAddUp()
      const left = await Promise.all(posts.map(id => port.snapshot([id])))
      expect(left.flat().reduce((sum, snapshot) => sum + snapshot.ratings.length, 0)).toBe(90 - 15)
    })

    it('the greatest of many ops of one pair wins, whatever order they arrive in', async () => {
      const { port } = database()
      const ops = Array.from({ length: 24 }, (_, i) => (i % 2 ? likeAt(i) : unlikeAt(i)))
      await Promise.all(ops.reverse().map(op => press(port, posts[0]!, 'ana', op, T)))
      expect(await port.peek([posts[0]!], 'ana', [])).toMatchObject([
        { count: 101, liked: true, op: likeAt(23) },
      ])
      expect(await database().rows('like_unseen', posts[0]!)).toEqual([{ sessionId: 'ana', op: likeAt(23) }])
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
      expect(await rows('like_unseen', doomed)).toEqual([{ sessionId: '', op: expect.any(Number) }])
    })
  })
}
