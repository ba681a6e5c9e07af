import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../../test/support/for-all-tests'
import { type Interrupted, interrupted } from '../../test/support/interrupted'
import { startStores } from '../../test/support/stores'
import { createMirrorFiller } from './mirrors'
import { createOnecount, type Onecount, type OnecountOptions } from './onecount'

const POSTS = Array.from({ length: 6 }, (_, i) => ({
  id: `60060000-0000-4000-8000-${String(i).padStart(12, '0')}`,
  base: 10 * i,
}))
const [FIRST, SECOND] = POSTS as [(typeof POSTS)[0], (typeof POSTS)[0]]
const SESSIONS = Array.from({ length: 5 }, (_, i) => `s${i}`)

const stores = forAllTests(startStores)
let ports: Interrupted
let onecount: Onecount
const instance = (options: Partial<OnecountOptions> = {}) =>
  createOnecount({ ...ports, log: { warn() {} }, ...options })
beforeEach(async () => {
  await stores.begin(POSTS)
  await stores.sql`insert into post_ratings (post_id, session_id)
    select p.id, s from posts_new p, unnest(${SESSIONS}::text[]) s`
  // As if they had been there before the first drain.
  await stores.sql.unsafe('delete from like_log; delete from like_log_sums')
  ports = interrupted(stores.ports())
  onecount = instance()
  await onecount.drainer.flush()
})

const likers = async (post: { id: string }) =>
  (await stores.redis.smembers(stores.keys.liked(post.id))).sort()
const liked = async (session: string) => (await stores.redis.smembers(stores.keys.sessions(session))).sort()
const filler = (onecount: Onecount, after: string | null = null) => {
  const { postgres, partitions } = onecount.stores
  return createMirrorFiller(postgres, () => partitions[0]!, after)
}

describe('the mirrors', () => {
  it('follow presses and drains, also those of Postgres alone', async () => {
    await onecount.set(FIRST.id, 'ana', true)
    expect([await likers(FIRST), await liked('ana')]).toEqual([['ana'], [FIRST.id]])
    await onecount.set(FIRST.id, 'ana', false)
    expect([await likers(FIRST), await liked('ana')]).toEqual([[], []])
    ports.fail('never arrives', 'redis')
    await onecount.set(SECOND.id, 'ben', true)
    await onecount.set(SECOND.id, 's0', false)
    ports.restore()
    await onecount.drainer.flush()
    expect([await likers(SECOND), await liked('ben')]).toEqual([['ben'], [SECOND.id]])
  })

  it('decide nothing: a count and a heart are right whatever they hold', async () => {
    await onecount.read([FIRST.id], 's1')
    await stores.redis.del(stores.keys.liked(FIRST.id), stores.keys.sessions('s1'))
    await stores.redis.set(stores.keys.likes(FIRST.id), '7')
    expect((await onecount.read([FIRST.id], 's1')).get(FIRST.id)).toMatchObject({
      count: 5,
      liked: true,
      source: 'redis',
    })
    expect(await onecount.toggle(FIRST.id, 's1')).toMatchObject({ count: 4, liked: false })
    expect(await stores.redis.get(stores.keys.likes(FIRST.id))).toBe('4')
  })

  it.each(['string', 'list'])('hold up nothing where one is a %s', async type => {
    const names = [stores.keys.liked(FIRST.id), stores.keys.sessions('ana')]
    for (const name of names) {
      if (type === 'list') await stores.redis.rpush(name, 'x')
      else await stores.redis.set(name, 'x')
    }
    expect(await onecount.set(FIRST.id, 'ana', true)).toMatchObject({ count: 6, source: 'redis' })
    expect(await onecount.drainer.flush()).toEqual({ drained: 1, more: false })
  })

  it('are complete after hydrateAll', async () => {
    expect(await onecount.hydrateAll({ pageSize: 4 })).toEqual({ posts: 6, ratings: 30 })
    for (const post of POSTS) expect(await likers(post)).toEqual(SESSIONS)
    for (const session of SESSIONS) expect(await liked(session)).toEqual(POSTS.map(({ id }) => id))
  })
})

/** Of the posts up to this one. */
const idsUntil = (last: (typeof POSTS)[number]) => POSTS.slice(0, POSTS.indexOf(last) + 1).map(({ id }) => id)

describe('filling them', () => {
  it('is complete up to the post that is named, and goes on from there', async () => {
    const fill = filler(onecount)
    expect(await fill(idsUntil(SECOND))).toBe(10)
    expect([await likers(SECOND), await likers(POSTS[2]!)]).toEqual([SESSIONS, []])
    expect(await fill(idsUntil(POSTS.at(-1)!))).toBe(20)
    expect(await likers(POSTS.at(-1)!)).toEqual(SESSIONS)
  })

  it('begins again with the post after which an interrupted one goes on', async () => {
    expect(await filler(onecount, POSTS[3]!.id)(idsUntil(POSTS.at(-1)!))).toBe(15)
    expect([await likers(POSTS[2]!), await likers(POSTS[3]!)]).toEqual([[], SESSIONS])
  })

  it('stops when it is asked to', async () => {
    const stop = AbortSignal.abort(new Error('stopped'))
    await expect(filler(onecount)(idsUntil(POSTS.at(-1)!), stop)).rejects.toThrow('stopped')
    expect(await likers(FIRST)).toEqual([])
  })

  it.each(['pending', 'drained'])('does not undo a press that arrives meanwhile and is %s', async state => {
    const { postgres } = onecount.stores
    const racing = {
      ...postgres,
      // Read before the press, written after it.
      async ratings(after: Parameters<typeof postgres.ratings>[0], limit: number) {
        const page = await postgres.ratings(after, limit)
        if (after === null) {
          await onecount.set(FIRST.id, 's0', false)
          await onecount.set(FIRST.id, 'new', true)
          if (state === 'drained') await onecount.drainer.flush()
        }
        return page
      },
    }
    await createMirrorFiller(racing, () => onecount.stores.partitions[0]!, null)(idsUntil(POSTS.at(-1)!))
    expect(await likers(FIRST)).toEqual(['new', 's1', 's2', 's3', 's4'])
    expect(await liked('s0')).not.toContain(FIRST.id)
  })
})

describe('without the index of likers', () => {
  beforeEach(() => {
    onecount = instance({ indexes: { likers: false } })
  })

  it('no set of a post is kept, and everything else is', async () => {
    await onecount.hydrateAll()
    await onecount.set(FIRST.id, 'ana', true)
    expect(await onecount.toggle(FIRST.id, 's0')).toMatchObject({ count: 5, liked: false, source: 'redis' })
    await onecount.drainer.flush()
    ports.fail('never arrives', 'redis')
    await onecount.set(FIRST.id, 'ben', true)
    ports.restore()
    await onecount.drainer.flush()
    expect(await stores.redis.keys('post:liked:*')).toEqual([])
    expect(await liked('ana')).toEqual([FIRST.id])
    expect(await liked('ben')).toEqual([FIRST.id])
    expect(await liked('s0')).toEqual(POSTS.slice(1).map(({ id }) => id))
    expect(await stores.redis.get(stores.keys.likes(FIRST.id))).toBe('6')
    expect((await onecount.read([FIRST.id], 'ana')).get(FIRST.id)).toMatchObject({ count: 6, liked: true })
  })

  it('a set that was kept before goes with its post', async () => {
    await stores.redis.sadd(stores.keys.liked(FIRST.id), 's0')
    await onecount.removePost(FIRST.id)
    expect(await stores.redis.keys(`*${FIRST.id}*`)).toEqual([])
  })
})
