import { describe, expect, it } from 'vitest'
import type { PairOp } from '../../core/ports'
import {
  chainOf,
  entry,
  likeAt,
  newPostId,
  ODD_SESSIONS,
  type PostgresSuite,
  press,
  T,
  unlikeAt,
} from './harness'

export const text: PostgresSuite = database => {
  describe('arguments', () => {
    const sessionsOf = (pairs: PairOp[]) => pairs.map(pair => pair.sessionId).sort()
    const odd = [...ODD_SESSIONS].sort()

    it('arrive as they are, whatever characters they hold', async () => {
      const { port, addPosts } = database()
      const post = newPostId()
      await addPosts([{ id: post, likes: 0 }])
      await chainOf(port).drain(ODD_SESSIONS.map(session => entry(post, session, likeAt(1))))
      for (const sessionId of ODD_SESSIONS) {
        const query = { partition: 0, postIds: [], sessionId, pairs: [post] }
        for (const most of [0, 10]) {
          const { session } = await port.snapshot({ ...query, most })
          expect(session!.ops, sessionId).toEqual([{ postId: post, op: likeAt(1) }])
        }
        expect(await port.peek([post], sessionId)).toMatchObject([
          { count: ODD_SESSIONS.length, liked: true, op: likeAt(1) },
        ])
        expect(await port.session(sessionId, null, 10)).toEqual([{ postId: post, op: likeAt(1) }])
      }
    })

    it('come back as they were: from ratings, page by page, and from presses and batches', async () => {
      const { port, addPosts } = database()
      const post = newPostId()
      await addPosts([{ id: post, likes: 0 }])
      for (const session of ODD_SESSIONS) await press(port, post, session, likeAt(1), T)
      const chain = chainOf(port)
      const { rows } = await chain.drain()
      expect(sessionsOf(rows)).toEqual(odd)
      const late = await chain.drain(ODD_SESSIONS.map(session => entry(post, session, unlikeAt(0))))
      expect(sessionsOf(late.rows)).toEqual(odd)
      const listed: PairOp[] = []
      for (let page = await port.ratings(null, 3); page.length > 0; ) {
        listed.push(...page)
        page = await port.ratings(page.at(-1)!, 3)
      }
      expect(sessionsOf(listed)).toEqual(odd)
    })

    it('keep large numbers to the last digit', async () => {
      const { port, addPosts } = database()
      const post = newPostId()
      await addPosts([{ id: post, likes: 0 }])
      const largest = Number.MAX_SAFE_INTEGER
      const state = { postId: post, count: 1, rev: largest - 1, liked: true, op: largest }
      expect(await press(port, post, 'ana', largest, largest - 1)).toEqual(state)
      expect(await port.peek([post], 'ana')).toEqual([state])
      const chain = chainOf(port)
      expect((await chain.drain()).rows).toEqual([{ postId: post, sessionId: 'ana', op: largest }])
      expect(
        await port.snapshot({ partition: 0, postIds: [post], sessionId: 'ana', pairs: [], most: 1 }),
      ).toMatchObject({ posts: [{ rev: largest - 1 }], session: { ops: [{ op: largest }] } })
      expect(await port.ratings(null, 1)).toMatchObject([{ op: largest }])
      await chain.drain([entry(post, 'ben', largest - 2, largest)])
      expect(await port.posts(null, 1)).toMatchObject([{ rev: largest }])
    })
  })
}
