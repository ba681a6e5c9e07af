import { beforeEach, describe, expect, it } from 'vitest'
import { chainOf, entry, likeAt, newPostId, type PostgresSuite, press } from './harness'

export const chain: PostgresSuite = database => {
  describe('the chain of batches', () => {
    let post: string
    beforeEach(async () => {
      post = newPostId()
      await database().addPosts([{ id: post, likes: 0 }])
    })

    it('refuses a batch whose parent is not the last one applied, and changes nothing', async () => {
      const db = database()
      const { receipt, send } = chainOf(db.port)
      const before = await receipt()
      await press(db.port, post, 'ana', likeAt(1), 0)
      const seen = [{ postId: post, sessionId: 'ana', op: likeAt(1) }]
      expect(await send([entry(post, 'ben', likeAt(1))], { parent: 'another', seen })).toEqual({
        status: 'rejected',
        receipt: before,
      })
      expect(await db.port.status(0)).toEqual({ receipt: before, unseen: 1 })
      expect(await db.rows('post_ratings', post)).toHaveLength(1)
    })

    it('makes the nonce of an applied batch the receipt', async () => {
      const { receipt, send } = chainOf(database().port)
      await send([], { parent: await receipt(), nonce: 'n1' })
      expect(await database().port.status(0)).toMatchObject({ receipt: 'n1' })
      expect(await send([], { parent: 'n1', nonce: 'n2' })).toMatchObject({ status: 'applied' })
      expect(await send([], { parent: 'n1', nonce: 'n3' })).toEqual({ status: 'rejected', receipt: 'n2' })
    })

    it('does not apply a batch twice', async () => {
      const { receipt, send } = chainOf(database().port)
      const parent = await receipt()
      const batch = { parent, nonce: 'n1' }
      await send([entry(post, 'ana', likeAt(1))], batch)
      expect(await send([entry(post, 'ana', likeAt(1))], batch)).toEqual({
        status: 'rejected',
        receipt: 'n1',
      })
      expect(await database().post(post)).toMatchObject({ likes: 1 })
    })

    it('begins with a receipt that nobody can guess, one a partition', async () => {
      const { port } = database()
      expect(await port.status(7)).toMatchObject({ receipt: null })
      const [seven, eight] = [await chainOf(port, 7).receipt(), await chainOf(port, 8).receipt()]
      expect(seven).toMatch(/^[0-9a-f-]{36}$/)
      expect(eight).not.toBe(seven)
      expect(await chainOf(port, 7).receipt()).toBe(seven)
      await chainOf(port, 7).sync([], { nonce: 'n7' })
      expect(await port.status(8)).toMatchObject({ receipt: eight })
    })
  })
}
