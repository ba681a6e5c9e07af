import { beforeEach, describe, expect, it } from 'vitest'
import type { Applied } from '../../core/settlement'
import { type Chain, chainOf, entry, likeAt, newPostId, type PostgresSuite, press, unlikeAt } from './harness'

export const chain: PostgresSuite = database => {
  describe('the chain of batches', () => {
    let post: string
    let cut: Chain
    beforeEach(async () => {
      post = newPostId()
      await database().addPosts([{ id: post, likes: 0 }])
      cut = chainOf(database().port)
    })

    it('refuses a batch whose parent is not the receipt, and changes nothing', async () => {
      const db = database()
      const { receipt } = await cut.drain()
      await press(db.port, post, 'ana', likeAt(1), 0)
      const stray = cut.batch([entry(post, 'ben', likeAt(1))], { parent: 'another' })
      expect(await db.port.sync(stray)).toEqual({ status: 'rejected', receipt })
      expect(await db.port.status(0)).toMatchObject({ receipt, unseen: 1 })
      expect(await db.rows('post_ratings', post)).toHaveLength(1)
    })

    it('makes the nonce of an applied batch the receipt, with a part of its own', async () => {
      const { port } = database()
      const first = await cut.drain([], { nonce: 'n1' })
      expect(first.receipt).toMatch(/^n1\/.+/)
      expect(await port.status(0)).toMatchObject({ receipt: first.receipt })
      const second = await cut.drain([], { nonce: 'n2' })
      expect(second.receipt).toMatch(/^n2\/.+/)
      const late = cut.batch([], { parent: first.receipt, nonce: 'n3' })
      expect(await port.sync(late)).toEqual({ status: 'rejected', receipt: second.receipt })
    })

    it('does not take the nonce alone for the receipt', async () => {
      const { receipt } = await cut.drain([], { nonce: 'n1' })
      const guessed = cut.batch([], { parent: 'n1', nonce: 'n2' })
      expect(await database().port.sync(guessed)).toEqual({ status: 'rejected', receipt })
    })

    it('answers the last batch again as the first time, whatever its parent, and does not apply it twice', async () => {
      const db = database()
      await cut.drain([entry(post, 'eva', unlikeAt(9))])
      await press(db.port, post, 'ben', likeAt(1), 0)
      const batch = cut.batch([entry(post, 'ana', likeAt(1)), entry(post, 'eva', likeAt(2))])
      const first = await db.port.sync(batch)
      expect(first).toMatchObject({ status: 'applied', posts: [{ postId: post, likes: 2 }] })
      expect(await db.port.sync(batch)).toEqual(first)
      expect(await db.port.sync({ ...batch, parent: 'another' })).toEqual(first)
      expect(await db.post(post)).toMatchObject({ likes: 2 })
    })

    it('answers a repeated batch as of its cut, whatever was pressed since', async () => {
      const db = database()
      await cut.drain()
      await press(db.port, post, 'ben', likeAt(1), 0)
      const batch = cut.batch([entry(post, 'ana', likeAt(1))])
      const first = await db.port.sync(batch)
      await press(db.port, post, 'ana', unlikeAt(2), 0)
      await press(db.port, post, 'eva', likeAt(1), 0)
      expect(await db.port.sync(batch)).toEqual(first)
    })

    it('answers it again as the first time, though its posts were removed since, and tells that with the next one', async () => {
      const db = database()
      const other = newPostId()
      await db.addPosts([{ id: other, likes: 7 }])
      await cut.drain()
      await press(db.port, other, 'ben', likeAt(1), 0)
      const batch = cut.batch([entry(post, 'ana', likeAt(1))])
      const first = (await db.port.sync(batch)) as Applied
      expect(first.rows).toEqual([{ postId: other, sessionId: 'ben', op: likeAt(1) }])
      for (const id of [post, other]) expect(await db.port.removePost(id)).toBe(true)
      expect(await db.port.sync(batch)).toEqual(first)
      const next = await cut.drain([], { parent: first.receipt })
      const told = next.rows.map(({ postId, sessionId }) => `${postId}|${sessionId}`)
      expect(told.sort()).toEqual([`${post}|`, `${other}|`].sort())
    })

    it('does not answer a batch again once another one is applied', async () => {
      const { port } = database()
      await cut.drain()
      const batch = cut.batch([entry(post, 'ana', likeAt(1))], { nonce: 'n1' })
      await port.sync(batch)
      await cut.drain([], { nonce: 'n2' })
      expect(await port.sync(batch)).toMatchObject({
        status: 'rejected',
        receipt: expect.stringMatching(/^n2\//),
      })
    })

    it('begins with a random receipt, one a partition', async () => {
      const { port } = database()
      expect(await port.status(7)).toMatchObject({ receipt: null })
      const [seven, eight] = [chainOf(port, 7), chainOf(port, 8)]
      const begun = await Promise.all([seven, eight, seven].map(of => port.sync(of.batch())))
      const receipts = begun.map(result => result.status === 'rejected' && result.receipt)
      for (const receipt of receipts) expect(receipt).toMatch(/^[0-9a-f-]{36}$/)
      expect(receipts[1]).not.toBe(receipts[0])
      expect(receipts[2]).toBe(receipts[0])
      await seven.drain()
      expect(await port.status(8)).toMatchObject({ receipt: receipts[1] })
    })
  })

  describe('the owner of a partition', () => {
    let cut: Chain
    beforeEach(() => {
      cut = chainOf(database().port)
    })

    it('is the first Redis that drains with an id', async () => {
      const { port } = database()
      await cut.drain()
      expect(await port.status(0)).toMatchObject({ owner: null })
      await cut.drain([], { owner: 'one' })
      await cut.drain([], { owner: 'one' })
      expect(await port.status(0)).toMatchObject({ owner: 'one' })
    })

    it('alone may drain: a batch of another Redis changes nothing, whatever receipt it names', async () => {
      const { port, addPosts, post } = database()
      const id = newPostId()
      await addPosts([{ id, likes: 0 }])
      const { receipt } = await cut.drain([], { owner: 'one' })
      const foreign = { status: 'foreign', owner: 'one' }
      const batch = cut.batch([entry(id, 'ana', likeAt(1))], { owner: 'two' })
      expect(await port.sync(batch)).toEqual(foreign)
      expect(await port.sync({ ...batch, parent: 'another' })).toEqual(foreign)
      expect(await port.sync({ ...batch, nonce: receipt.split('/')[0]! })).toEqual(foreign)
      expect(await port.status(0)).toMatchObject({ receipt, owner: 'one' })
      expect(await post(id)).toMatchObject({ likes: 0 })
    })

    it('is not compared with a Redis that has no id', async () => {
      await cut.drain([], { owner: 'one' })
      await cut.drain([], { owner: null })
      expect(await database().port.status(0)).toMatchObject({ owner: 'one' })
    })

    it('is claimed by a batch that is rejected, too', async () => {
      const { port } = database()
      await cut.drain()
      await port.sync(cut.batch([], { parent: 'another', owner: 'one' }))
      expect(await port.status(0)).toMatchObject({ owner: 'one' })
    })

    it('is of one partition', async () => {
      const { port } = database()
      await cut.drain([], { owner: 'one' })
      await chainOf(port, 1).drain([], { owner: 'two' })
      expect(await port.status(0)).toMatchObject({ owner: 'one' })
      expect(await port.status(1)).toMatchObject({ owner: 'two' })
    })

    it('hands over to another Redis when its own name is said', async () => {
      const { port } = database()
      await cut.drain([], { owner: 'one' })
      expect(await port.takeOver(0, 'two', 'three')).toBe('one')
      expect(await port.takeOver(0, 'two', 'one')).toBe('two')
      await cut.drain([], { owner: 'two' })
      expect(await port.sync(cut.batch([], { owner: 'one' }))).toEqual({ status: 'foreign', owner: 'two' })
      expect(await port.takeOver(9, 'two', null)).toBeNull()
    })
  })
}
