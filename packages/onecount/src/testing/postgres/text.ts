import { describe, expect, it } from 'vitest'
import { chainOf, entry, likeAt, newPostId, ODD_SESSIONS, type PostgresSuite, press, T } from './harness'

export const text: PostgresSuite = database => {
  describe('arguments', () => {
    it('arrive as they are, whatever characters they hold', async () => {
      const db = database()
      const post = newPostId()
      await db.addPosts([{ id: post, likes: 0 }])
      const chain = chainOf(db.port)
      await chain.sync(ODD_SESSIONS.map(session => entry(post, session, likeAt(1))))
      const [snapshot] = await db.port.snapshot([post])
      expect(snapshot!.ratings.map(r => r.sessionId).sort()).toEqual([...ODD_SESSIONS].sort())
      for (const session of ODD_SESSIONS) {
        const pending = [{ postId: post, sessionId: session, op: likeAt(2) }]
        expect(await db.port.peek([post], session, pending)).toMatchObject([
          { count: ODD_SESSIONS.length, liked: true, op: likeAt(2) },
        ])
      }
    })

    it('come back as they were from a press and its unseen rows', async () => {
      const db = database()
      const post = newPostId()
      await db.addPosts([{ id: post, likes: 0 }])
      for (const session of ODD_SESSIONS) await press(db.port, post, session, likeAt(1), T)
      const chain = chainOf(db.port)
      const { unseen } = await chain.sync([])
      expect(unseen.map(u => u.sessionId).sort()).toEqual([...ODD_SESSIONS].sort())
      expect((await chain.sync([], { seen: unseen })).unseen).toEqual([])
    })

    it('keep large numbers to the last digit', async () => {
      const db = database()
      const post = newPostId()
      await db.addPosts([{ id: post, likes: 0 }])
      const largest = Number.MAX_SAFE_INTEGER
      const state = { postId: post, count: 1, rev: largest - 1, liked: true, op: largest }
      expect(await press(db.port, post, 'ana', largest, largest - 1)).toEqual(state)
      expect(await db.port.peek([post], 'ana', [])).toEqual([state])
      expect(await db.port.snapshot([post])).toMatchObject([
        { rev: largest - 1, ratings: [{ op: largest }], unseen: [{ op: largest }] },
      ])
      await chainOf(db.port).sync([entry(post, 'ben', largest - 2, largest)])
      expect(await db.port.posts(null, 1)).toMatchObject([{ rev: largest }])
    })
  })
}
