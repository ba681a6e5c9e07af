import { randomUUID } from 'node:crypto'
import type { Sql } from 'postgres'
import { expect } from 'vitest'
import type { PairOp, PostgresPort } from '../../src/core/ports'
import { chainOf } from '../../src/testing/postgres/harness'
import { coldPost, EVERYWHERE, HOT, REFUSED, REFUSED_OP } from './plan-tables'

/** What a call may cost goes by `n`, its posts, pairs or rows of the log, and by nothing else. */
export type Calls = Record<string, { n: number; run(): Promise<unknown> }>

const now = () => Date.now() * 1000
const like = (postId: string, sessionId: string = randomUUID()): PairOp => ({
  postId,
  sessionId,
  op: 2 * now() + 1,
})
const unlike = (postId: string, sessionId: string = randomUUID()): PairOp => ({
  postId,
  sessionId,
  op: 2 * now(),
})
const mixed = (posts: string[]) => posts.map((id, i) => (i % 2 ? like : unlike)(id))

/** Every call of the port, on `post(0)` and those after it. */
export function calls(port: PostgresPort, sql: Sql, post: (i: number) => string): Calls {
  const some = (n: number, from = 0) => Array.from({ length: n }, (_, i) => post(from + i))
  const chain = chainOf(port)
  const write = (pairs: PairOp[]) =>
    port.write(
      pairs.map(pair => ({ ...pair, liked: pair.op % 2 === 1 })),
      now(),
    )
  const page = { partition: 0, postIds: [HOT, ...some(49)] }
  const hydrate = (sessionId: string, most: number, extent: string) => async () => {
    const { session } = await port.snapshot({ ...page, sessionId, pairs: some(50), most })
    expect(session).toMatchObject({ extent })
  }
  const setAside = (from: number, n: number): PairOp[] =>
    Array.from({ length: n }, (_, i) => ({ postId: coldPost(from + i), sessionId: 'barred', op: REFUSED_OP }))
  return {
    like: { n: 1, run: () => write([like(post(0))]) },
    unlike: { n: 1, run: () => write([unlike(post(1))]) },
    'likes and unlikes in one call': { n: 100, run: () => write(mixed(some(100))) },
    'a like of a hot post': { n: 1, run: () => write([like(HOT)]) },
    'an unlike of a hot post': { n: 1, run: () => write([unlike(HOT, 'hot-1')]) },
    'a batch': {
      n: 110,
      run: () => chain.drain([...mixed(some(98)), like(HOT), unlike(HOT, 'hot-2')], { limit: 10 }),
    },
    'a batch that is told again': {
      n: 200,
      run: async () => {
        await chain.drain([], { limit: 10 })
        const batch = chain.batch([...mixed(some(98)), like(HOT)], { limit: 10 })
        expect(await port.sync(batch)).toEqual(await port.sync(batch))
      },
    },
    'a batch that is beaten, of pairs that Redis has not seen': {
      n: 110,
      run: () =>
        chain.drain(
          some(100, 1000).map((postId, i) => ({ postId, sessionId: `cold-${i}`, op: 2 })),
          { limit: 10 },
        ),
    },
    peek: { n: 100, run: () => port.peek([HOT, ...some(49)], 'hot-3') },
    'peek without a session': { n: 50, run: () => port.peek([HOT, ...some(49)], null) },
    'a snapshot of posts alone': {
      n: 50,
      run: () => port.snapshot({ ...page, sessionId: null, pairs: [], most: 0 }),
    },
    'a snapshot with a session': { n: 120, run: hydrate('cold-1', 1000, 'all') },
    'a snapshot with a session of unlikes': { n: 120, run: hydrate('un-1', 1000, 'all') },
    'a snapshot with a session of many likes': { n: 200, run: hydrate(EVERYWHERE, 100, 'some') },
    'a snapshot of many sessions': {
      n: 800,
      run: async () => {
        const sessions = ['cold-1', 'un-1', EVERYWHERE, ...Array.from({ length: 47 }, (_, i) => `new-${i}`)]
        const asked = sessions.map(sessionId => ({ sessionId, pairs: some(5) }))
        const told = await port.snapshots({ ...page, sessions: asked, most: 100 })
        expect(told.sessions.filter(({ extent }) => extent === 'some')).toHaveLength(1)
      },
    },
    'the fallback of the version before': {
      n: 1,
      run: () => sql`select onecount_fallback(${post(2)}, ${randomUUID()}, ${2 * now() + 1}, ${now()})`,
    },
    posts: { n: 100, run: () => port.posts(post(10), 100) },
    likes: { n: 100, run: () => port.likes(post(10), 100) },
    session: { n: 10, run: () => port.session('cold-1', null, 10) },
    'the first page of ratings': { n: 10, run: () => port.ratings(null, 500) },
    'a page of ratings amid a hot post': {
      n: 10,
      run: () => port.ratings({ postId: HOT, sessionId: 'hot-5' }, 500),
    },
    'the last page of ratings': {
      n: 1,
      run: () => port.ratings({ postId: coldPost(99_990), sessionId: 'x' }, 500),
    },
    // Ops that are set aside are counted up to a thousand, ops that Redis has not seen up to ten thousand.
    status: { n: 1000, run: () => port.status(0) },
    'a takeover of the receipt': { n: 1, run: () => port.takeOver(0, 'another', 'one') },
    'a batch with a refused op': {
      // One among a hundred is alone after seven halvings.
      n: 300,
      run: async () => {
        const { refused } = await chain.drain(
          [...some(99).map(id => like(id)), like(HOT, `barred-${randomUUID()}`)],
          { limit: 10 },
        )
        expect(refused).toHaveLength(1)
      },
    },
    'a batch of refused ops alone': {
      n: 30,
      run: () =>
        chain.drain(
          [...some(3), HOT].map(id => like(id, `barred-${randomUUID()}`)),
          { limit: 10 },
        ),
    },
    'a refused unlike of a hot post': {
      n: 30,
      run: async () => {
        const { refused } = await chain.drain([unlike(HOT, 'barred')], { limit: 10 })
        expect(refused).toHaveLength(1)
      },
    },
    'presses of which one is refused': {
      n: 30,
      run: () => write([like(post(3)), like(HOT, `barred-${randomUUID()}`)]),
    },
    'a page of refused ops': {
      n: 50,
      run: async () => {
        const from = { postId: coldPost(REFUSED - 100), sessionId: 'x', op: 1 }
        expect(await port.refused({}, from, 50)).toHaveLength(50)
      },
    },
    'the refused ops of a post': {
      n: 1,
      run: () => port.refused({ postId: coldPost(REFUSED - 100) }, null, 50),
    },
    // Twenty that are refused again: five halvings, each of all of them.
    'refused ops tried again': { n: 20 * 5, run: () => port.retryRefused(setAside(REFUSED - 40, 20)) },
    'refused ops dropped': { n: 20, run: () => port.dropRefused(setAside(REFUSED - 20, 20)) },
    'a post removed': {
      n: 4,
      run: async () => {
        await sql`insert into posts_new (id, author_id, caption, image_url)
          select ${REMOVED}::uuid, id, '', '' from profiles limit 1`
        await write([like(REMOVED, 'ana')])
        expect(await port.removePost(REMOVED)).toBe(true)
      },
    },
    'a snapshot before Redis is told of that': { n: 120, run: hydrate('cold-1', 1000, 'some') },
  }
}

const REMOVED = '70070001-aaaa-bbbb-cccc-ddddeeee0001'
