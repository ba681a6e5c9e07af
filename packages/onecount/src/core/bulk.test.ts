import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { startStores } from '../../test/support/stores'
import type { Onecount } from './onecount'

const POSTS = Array.from({ length: 25 }, (_, i) => ({
  id: `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base: 100 - i,
}))

const stores = forAllTests(startStores)
let onecount: Onecount
beforeEach(async () => {
  await stores.begin(POSTS)
  await stores.sql`insert into post_ratings (post_id, session_id)
    select p.id, 's' || i from posts_new p, generate_series(1, 4) i where p.likes > 90`
  // As if the rows had been there before the first drain: the next drain tells Redis of rows that are inserted by hand.
  await stores.sql.unsafe('delete from like_log; delete from like_log_sums')
  onecount = stores.instance()
})

describe('pages', () => {
  it('hold every post once, in the order of their ids', async () => {
    const ids: string[] = []
    for await (const page of onecount.pages({ pageSize: 10 })) ids.push(...page.map(p => p.postId))
    expect(ids).toEqual(POSTS.map(p => p.id))
  })

  it('go on after a given post, and stop when asked to', async () => {
    const stop = new AbortController()
    const seen: string[] = []
    await expect(async () => {
      for await (const page of onecount.pages({ after: POSTS[4]!.id, pageSize: 5, signal: stop.signal })) {
        seen.push(...page.map(p => p.postId))
        stop.abort(new Error('stopped'))
      }
    }).rejects.toThrow('stopped')
    expect(seen).toEqual(POSTS.slice(5, 10).map(p => p.id))
  })
})

describe('hydrateAll', () => {
  it('brings every post into Redis, tells how far it is, and changes nothing the second time', async () => {
    const progress: { posts: number; last: string }[] = []
    const total = await onecount.hydrateAll({ pageSize: 10, onPage: page => void progress.push(page) })
    expect(total).toEqual({ posts: 25, ratings: 40 })
    expect(progress.map(p => p.posts)).toEqual([10, 20, 25])
    expect(progress.at(-1)).toMatchObject({ last: POSTS.at(-1)!.id, ratings: 40 })
    for (const post of POSTS) {
      const { redis, postgres } = await stores.compare(post)
      expect(redis).toEqual(postgres)
    }
    const meta = () => stores.redis.mget(POSTS.map(p => stores.keys.meta(p.id)))
    const before = await meta()
    await onecount.hydrateAll()
    expect(await meta()).toEqual(before)
  })

  it('makes posts warm that stay warm when the first like is drained', async () => {
    await onecount.hydrateAll()
    await onecount.set(POSTS[0]!.id, 'ana', true)
    await onecount.drainer.flush()
    const [epoch] = await stores.redis.zrange(stores.keys.q, '0', '0')
    const metas = await stores.redis.mget(POSTS.map(({ id }) => stores.keys.meta(id)))
    expect(metas.map(meta => meta?.split('|')[4])).toEqual(metas.map(() => epoch!.split('|')[1]))
  })

  it('builds the ranking, which then follows every like', async () => {
    await onecount.hydrateAll()
    expect(await onecount.ranking(3)).toEqual(POSTS.slice(0, 3).map(p => p.id))
    for (const session of ['a', 'b', 'c']) await onecount.set(POSTS[1]!.id, session, true)
    expect(await onecount.ranking(2)).toEqual([POSTS[1]!.id, POSTS[0]!.id])
  })
})

describe('the ranking', () => {
  it('comes from Postgres until Redis has a complete one, which is then built by itself', async () => {
    expect(await onecount.ranking(2)).toEqual([POSTS[0]!.id, POSTS[1]!.id])
    await expect.poll(() => stores.redis.zcard(stores.keys.rank)).toBe(POSTS.length + 1)
    await stores.sql`update posts_new set likes = 0`
    expect(await onecount.ranking(1)).toEqual([POSTS[0]!.id])
  })
})

describe('rehydrate', () => {
  it('builds a post anew from Postgres and its pending ops, with a greater revision', async () => {
    const [post] = POSTS
    const before = await onecount.set(post!.id, 'ana', true)
    await stores.unnoticed(sql => sql`update posts_new set likes = likes + 10 where id = ${post!.id}`)
    expect(await onecount.rehydrate(post!.id)).toBe(post!.base + 4 + 10 + 1)
    const after = (await onecount.read([post!.id], 'ana')).get(post!.id)!
    expect(after.rev).toBeGreaterThan(before.rev)
    expect(after.liked).toBe(true)
  })

  it('answers null for a post that does not exist', async () => {
    expect(await onecount.rehydrate('50050001-aaaa-bbbb-cccc-ddddeeee9999')).toBeNull()
  })
})
