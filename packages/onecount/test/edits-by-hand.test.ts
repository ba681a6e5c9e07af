import { awakeNow } from '@onecount/dev-stack/awake'
import type { Onecount } from 'onecount'
import { beforeEach, describe, expect, it } from 'vitest'
import { isSessionId } from '../src/core/ids'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const OTHER = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }

const stores = forAllTests(startStores)
let onecount: Onecount
beforeEach(async () => {
  await stores.begin([POST, OTHER])
  onecount = stores.instance()
  for (const session of ['ana', 'ben']) await onecount.set(POST.id, session, true)
  await onecount.drainer.flush()
  await onecount.read([POST.id])
})

const shown = async (post: { id: string }, session = 'ana') =>
  (await onecount.read([post.id], session)).get(post.id)

/** Both stores hold the count and these members, Redis those whose names it takes. */
async function expectBoth(post: typeof POST, count: number, members: string[]): Promise<void> {
  await onecount.drainer.flush()
  await onecount.read([post.id])
  expect(await stores.compare(post)).toMatchObject({
    redis: { count, members: members.filter(isSessionId) },
    postgres: { count, members },
  })
  expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
}

describe('rows that are edited by hand', () => {
  it('a row that is deleted takes the like back, also against the same like arriving again', async () => {
    const { op } = (await shown(POST))!
    await stores.sql`delete from post_ratings where session_id = 'ana'`
    await expectBoth(POST, 447, ['ben'])
    expect(await shown(POST)).toMatchObject({ count: 447, liked: false })
    expect(await onecount.set(POST.id, 'ana', true, { op: op! })).toMatchObject({ count: 447, liked: false })
    expect(await onecount.set(POST.id, 'ana', true)).toMatchObject({ count: 448, liked: true })
  })

  it('a row that is inserted is a like, also after an unlike', async () => {
    await onecount.set(POST.id, 'ana', false)
    await onecount.drainer.flush()
    await stores.sql`insert into post_ratings ${stores.sql([
      { post_id: POST.id, session_id: 'ana' },
      { post_id: POST.id, session_id: 'eva' },
    ])}`
    await expectBoth(POST, 449, ['ana', 'ben', 'eva'])
    expect(await stores.sql`select * from like_tombstones`).toHaveLength(0)
  })

  it('a row that is given to another session, or another post, moves the like', async () => {
    await onecount.read([OTHER.id])
    await stores.sql`update post_ratings set session_id = 'eva' where session_id = 'ana'`
    await expectBoth(POST, 448, ['ben', 'eva'])
    await stores.sql`update post_ratings set post_id = ${OTHER.id} where session_id = 'ben'`
    await expectBoth(POST, 447, ['eva'])
    await expectBoth(OTHER, 13, ['ben'])
  })

  it('an op never decreases', async () => {
    const [before] = await stores.sql`select op from post_ratings where session_id = 'ana'`
    await stores.sql`update post_ratings set op = 1 where session_id = 'ana'`
    expect((await stores.sql`select op from post_ratings where session_id = 'ana'`)[0]).toEqual(before)
    await expectBoth(POST, 448, ['ana', 'ben'])
  })

  it('a row whose session id the engine would refuse counts too, and does not hold up the drain', async () => {
    await stores.sql`insert into post_ratings (post_id, session_id) values (${POST.id}, 'auth0|x')`
    await onecount.set(POST.id, 'eva', true)
    await expectBoth(POST, 450, ['ana', 'auth0|x', 'ben', 'eva'])
    await stores.sql`delete from post_ratings where session_id = 'auth0|x'`
    await expectBoth(POST, 449, ['ana', 'ben', 'eva'])
  })

  it('likes never become less than there are rows, nor the op of a row that of an unlike', async () => {
    await stores.sql`update posts_new set likes = 0 where id = ${POST.id}`
    await expectBoth(POST, 2, ['ana', 'ben'])
    await stores.sql`delete from post_ratings where post_id = ${POST.id}`
    await expectBoth(POST, 0, [])
    await stores.sql`insert into post_ratings (post_id, session_id) values (${POST.id}, 'ana')`
    await expect(stores.sql`update post_ratings set op = op + 1`).rejects.toThrow('post_ratings_op_likes')
  })

  it('all rows at once are deleted, not truncated', async () => {
    await expect(stores.sql`truncate post_ratings`).rejects.toMatchObject({
      message: expect.stringContaining('cannot be truncated'),
      hint: expect.stringContaining('delete from post_ratings'),
    })
    await stores.sql`delete from post_ratings`
    await expectBoth(POST, 446, [])
  })

  it('many rows in one statement, while likes arrive', async () => {
    const sessions = Array.from({ length: 100 }, (_, i) => `s${i}`)
    await Promise.all([
      ...sessions.map(session => onecount.set(POST.id, session, true)),
      stores.sql`delete from post_ratings where session_id in ('ana', 'ben')`,
    ])
    await expectBoth(POST, 546, [...sessions].sort())
  })

  it('likes that are set by hand are shown, with every like that comes after', async () => {
    const before = (await shown(POST))!
    await stores.sql`update posts_new set likes = 1000 where id = ${POST.id}`
    await onecount.set(POST.id, 'eva', true)
    await expectBoth(POST, 1001, ['ana', 'ben', 'eva'].sort())
    expect((await shown(POST))!.rev).toBeGreaterThan(before.rev)
  })

  it('a post that is deleted is gone from Redis', async () => {
    await stores.sql`delete from posts_new where id = ${POST.id}`
    await onecount.drainer.flush()
    expect(await stores.redis.keys(`post:*${POST.id}*`)).toEqual([])
    expect(await shown(POST)).toBeUndefined()
    expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
  })

  it('a running drain brings them to Redis within seconds, by itself', async () => {
    onecount.drainer.start()
    await stores.sql`delete from post_ratings where session_id = 'ana'`
    const began = awakeNow()
    await expect
      .poll(async () => (await stores.compare(POST)).redis)
      .toEqual({ count: 447, members: ['ben'] })
    expect(awakeNow() - began).toBeLessThan(5000)
    await onecount.drainer.stop()
  })
})
