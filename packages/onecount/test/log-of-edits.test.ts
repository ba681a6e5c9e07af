import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { postgresJsPort } from 'onecount/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PostgresPort } from '../src/core/ports'
import { chainOf } from '../src/testing/postgres/harness'
import { forAllTests } from './support/for-all-tests'
import { createSoundDatabase, type SoundDatabase } from './support/sound-database'

const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const OTHER = '50050001-aaaa-bbbb-cccc-ddddeeee0002'
const T = 1_795_000_000_000_000
const OP = 2 * T + 1

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let database: SoundDatabase
let port: PostgresPort
let redis: ReturnType<typeof chainOf>
beforeAll(async () => {
  database = await createSoundDatabase(server, 'by_hand')
  port = postgresJsPort(database.sql)
})
afterAll(() => database?.sql.end())
/** Ana and Ben like the post, which Redis knows. */
beforeEach(async () => {
  await database.clear()
  await database.addPosts([
    { id: POST, likes: 446 },
    { id: OTHER, likes: 12 },
  ])
  redis = chainOf(port)
  await redis.drain(['ana', 'ben'].map(sessionId => ({ postId: POST, sessionId, op: OP })))
})

/** What hydration is told, thus as of the cut. */
async function seen(postId: string, sessionId: string) {
  const query = { partition: 0, postIds: [postId], sessionId, pairs: [], most: 10 }
  const { posts, session } = await port.snapshot(query)
  return { likes: posts[0]?.likes, op: session!.ops.find(of => of.postId === postId)?.op ?? 0 }
}

async function opOf(postId: string, sessionId: string): Promise<number> {
  return (await port.peek([postId], sessionId))[0]!.op
}

async function expectSums(): Promise<void> {
  const { sums, changes } = await database.held()
  expect(sums).toEqual(changes)
}

const likesOf = async (postId: string) => (await database.post(postId)).likes

describe('rows that are edited by hand', () => {
  it('a row that is deleted is told as an unlike, and counts as of the cut until then', async () => {
    await database.sql`delete from post_ratings where session_id = 'ana'`
    expect(await seen(POST, 'ana')).toEqual({ likes: 448, op: OP })
    expect(await likesOf(POST)).toBe(447)
    const op = await opOf(POST, 'ana')
    const { rows, posts } = await redis.drain()
    expect(rows).toEqual([{ postId: POST, sessionId: 'ana', op }])
    expect(posts).toEqual([{ postId: POST, likes: 447 }])
    expect(op % 2).toBe(0)
    expect(await seen(POST, 'ana')).toEqual({ likes: 447, op })
    expect((await database.held()).sums).toEqual({})
  })

  it('a row that is inserted is told as a like, also after an unlike', async () => {
    await redis.drain([{ postId: POST, sessionId: 'ana', op: OP + 1 }])
    await database.sql`insert into post_ratings ${database.sql([
      { post_id: POST, session_id: 'ana' },
      { post_id: POST, session_id: 'eva' },
    ])}`
    expect(await seen(POST, 'ana')).toEqual({ likes: 447, op: OP + 1 })
    expect(await seen(POST, 'eva')).toEqual({ likes: 447, op: 0 })
    await expectSums()
    const { rows, posts } = await redis.drain()
    expect(rows.map(row => row.sessionId).sort()).toEqual(['ana', 'eva'])
    expect(posts).toEqual([{ postId: POST, likes: 449 }])
  })

  it('a row that is given to another post is told of both', async () => {
    await database.sql`update post_ratings set post_id = ${OTHER} where session_id = 'ben'`
    await expectSums()
    expect(await seen(POST, 'ben')).toEqual({ likes: 448, op: OP })
    expect(await seen(OTHER, 'ben')).toEqual({ likes: 12, op: 0 })
    const { rows, posts } = await redis.drain()
    expect(rows.map(row => row.postId).sort()).toEqual([POST, OTHER])
    expect(new Map(posts.map(({ postId, likes }) => [postId, likes]))).toEqual(
      new Map([
        [POST, 447],
        [OTHER, 13],
      ]),
    )
  })

  it('an op that is raised is told, and changes no count', async () => {
    await database.sql`update post_ratings set op = op + 10 where session_id = 'ana'`
    expect(await seen(POST, 'ana')).toEqual({ likes: 448, op: OP })
    expect((await redis.drain()).rows).toEqual([{ postId: POST, sessionId: 'ana', op: OP + 10 }])
  })

  it('of a session that no key of Redis can hold, the post is to be forgotten', async () => {
    await database.sql`insert into post_ratings (post_id, session_id) values (${POST}, 'auth0|x')`
    await expectSums()
    const { rows, posts } = await redis.drain()
    expect(rows).toEqual([{ postId: POST, sessionId: '', op: 0 }])
    expect(posts).toEqual([{ postId: POST, likes: 449 }])
  })

  it('a batch of the pair itself brings the edit along', async () => {
    await database.sql`delete from post_ratings where session_id in ('ana', 'ben')`
    const entry = { postId: POST, sessionId: 'ben', op: OP + 2 }
    const { rows } = await redis.drain([entry], { limit: 0 })
    expect(rows).toEqual([{ postId: POST, sessionId: 'ben', op: await opOf(POST, 'ben') }])
    expect(await seen(POST, 'ana')).toEqual({ likes: 447, op: OP })
    await expectSums()
  })
})

describe('a post that is edited by hand', () => {
  it('an edit of likes logs once that Redis must forget the post, and leaves ops that were not told yet', async () => {
    await port.write([{ postId: POST, sessionId: 'eva', op: OP, liked: true }], T)
    await database.sql`update posts_new set likes = 1000 where id = ${POST}`
    await database.sql`update posts_new set likes = likes + 1 where id = ${POST}`
    expect(await seen(POST, 'eva')).toEqual({ likes: 1000, op: 0 })
    expect(await port.status(0)).toMatchObject({ unseen: 2 })
    const { rows, posts } = await redis.drain()
    expect(rows).toEqual([
      { postId: POST, sessionId: 'eva', op: OP },
      { postId: POST, sessionId: '', op: 0 },
    ])
    expect(posts).toEqual([{ postId: POST, likes: 1001 }])
  })

  it('one that is removed is told, and of its ops nothing is', async () => {
    await port.write([{ postId: POST, sessionId: 'eva', op: OP, liked: true }], T)
    await database.sql`delete from posts_new where id = ${POST}`
    expect(await redis.drain()).toMatchObject({
      rows: [{ postId: POST, sessionId: '', op: 1 }],
      posts: [],
    })
    expect((await database.held()).sums).toEqual({})
  })

  it('likes that were missing, and likes that are repaired, are told', async () => {
    await database.sql.unsafe(
      `alter table posts_new alter column likes drop not null;
       set session_replication_role = replica;
       update posts_new set likes = null where id = '${POST}';
       update posts_new set likes_rev = -1 where id = '${OTHER}';
       set session_replication_role = origin`,
    )
    await database.sql`update posts_new set likes = 7 where id = ${POST}`
    await database.sql`select onecount_repair_posts(null, null, 100, false)`
    const { rows, posts } = await redis.drain()
    expect(rows.map(row => row.postId).sort()).toEqual([POST, OTHER])
    expect(posts.find(post => post.postId === POST)).toEqual({ postId: POST, likes: 7 })
  })
})
