import type { Onecount } from 'onecount'
import { beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../src/cli/connect'
import { compare } from '../src/compare/compare'
import { ABSENT, OTHER, POST, POSTS, startCli } from './support/cli'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
let app: Onecount

beforeEach(async () => {
  app = await cli.begin()
})

const agrees = async (post: { id: string; base: number }) => {
  const { redis, postgres } = await stores.compare(post)
  expect(redis).toEqual(postgres)
  return redis
}

describe('onecount verify', () => {
  it('exits 0 when the stores agree, whatever is pending or cold', async () => {
    await app.set(POST.id, 'cleo', true)
    await stores.redis.del(stores.keys.meta(OTHER.id))
    const { code, report } = await cli.json(['verify'])
    expect(report).toEqual({ posts: POSTS.length, differences: 0, cold: 1, listed: [] })
    expect(code).toBe(0)
  })

  it('names the post and the sessions that only one store has, and exits 1', async () => {
    await cli.damage()
    const { code, report } = await cli.json(['verify'])
    expect(code).toBe(1)
    expect(report.listed).toEqual([
      {
        postId: POST.id,
        redisCount: 2,
        postgresCount: 1,
        onlyRedis: ['ana'],
        onlyPostgres: [],
        keys: ['post:liked', 'post:meta', 'session:likes', 'session:ops'],
      },
      {
        postId: OTHER.id,
        redisCount: 12,
        postgresCount: 13,
        onlyRedis: [],
        onlyPostgres: ['dora'],
        keys: ['post:liked', 'post:meta', 'session:likes'],
      },
    ])
    const { out } = await cli.run(['verify'])
    expect(out).toMatch(new RegExp(`${POST.id} +2 +1 +ana`))
    expect(out).toContain('12 posts compared, 2 differ, 0 not in Redis')
    expect(out).toContain('npx onecount reconcile')
  })

  it('finds a count that differs although the same people like the post', async () => {
    await stores.unnoticed(sql => sql`update posts_new set likes = likes + 5 where id = ${POST.id}`)
    const { code, report } = await cli.json(['verify', '--post', POST.id])
    expect(code).toBe(1)
    expect(report).toMatchObject({ posts: 1, differences: 1, listed: [{ redisCount: 2, postgresCount: 7 }] })
    expect((await cli.run(['verify', '--post', OTHER.id])).code).toBe(0)
  })

  it('is not deceived by likes that flow meanwhile', async () => {
    let ended = false
    const verified = cli.json(['verify']).finally(() => {
      ended = true
    })
    app.drainer.start()
    for (let n = 0; !ended; n++) {
      await Promise.all(POSTS.map(({ id }) => app.set(id, `visitor-${n % 40}`, n % 80 < 40)))
    }
    app.drainer.stop()
    expect(await verified).toMatchObject({ code: 0, report: { differences: 0 } })
  })

  it('takes a sample, and goes on after a post', async () => {
    expect((await cli.json(['verify', '--sample', '5'])).report.posts).toBe(5)
    expect((await cli.json(['verify', '--after', POSTS[8]!.id])).report.posts).toBe(3)
  })

  it.each([
    [['--post', 'x'], '--post x is no post id'],
    [['--sample', '0'], '--sample 0 is no number'],
    [['--fast'], '--fast'],
    [['--sample', '3', '--after', POSTS[3]!.id], 'use one of them'],
  ])('exits 2 with %j, and names the mistake', async (args, words) => {
    const { code, err } = await cli.run(['verify', ...args])
    expect(code).toBe(2)
    expect(err).toContain(words)
  })

  it('counts edits of Postgres that Redis has not seen yet as no difference', async () => {
    await stores.sql`insert into post_ratings (post_id, session_id) values (${POST.id}, 'dora')`
    await stores.sql`delete from post_ratings where post_id = ${OTHER.id} and session_id = 'ana'`
    await stores.sql`update posts_new set likes = likes + 5 where id = ${POSTS[2]!.id}`
    await stores.sql`delete from posts_new where id = ${POSTS[3]!.id}`
    const { onecount, toForget, close } = await connect(stores)
    const ids = POSTS.slice(0, 4).map(({ id }) => id)
    expect((await compare(onecount, ids, { toForget })).differences).toEqual([])
    expect((await compare(onecount, ids)).differences.map(found => found.postId)).toEqual(ids.slice(2))
    await close()
  })

  it('knows no post that neither store has, and takes one that only Redis has as a difference', async () => {
    const { code, err } = await cli.run(['verify', '--post', ABSENT])
    expect(code).toBe(2)
    expect(err).toContain('there is no such post')
    await stores.unnoticed(sql => sql`delete from posts_new where id = ${POST.id}`)
    await stores.sql`delete from like_log`
    expect(await cli.json(['verify', '--post', POST.id])).toMatchObject({
      code: 1,
      report: { differences: 1, listed: [{ redisCount: 2, postgresCount: null }] },
    })
    expect(await cli.json(['reconcile', '--post', POST.id, '--from', 'redis'])).toMatchObject({ code: 1 })
    expect(await cli.json(['reconcile', '--post', POST.id])).toMatchObject({
      code: 0,
      report: { repaired: 1 },
    })
    expect(await stores.redis.exists(stores.keys.likes(POST.id), stores.keys.liked(POST.id))).toBe(0)
  })

  it('says how many there are in all where it does not list every one', async () => {
    const many = Array.from({ length: 120 }, (_, i) => ({
      id: `60060001-aaaa-bbbb-cccc-${String(i).padStart(12, '0')}`,
      base: 1,
    }))
    await stores.begin(many)
    await stores.instance().hydrateAll()
    await stores.unnoticed(sql => sql`update posts_new set likes = likes + 1`)
    const { out } = await cli.run(['verify'])
    expect(out).toContain('The first 100 of 120.')
    expect(out).toContain('120 posts compared, 120 differ')
  })
})

describe('onecount reconcile', () => {
  beforeEach(() => cli.damage())

  it('changes nothing with --dry-run', async () => {
    const before = await Promise.all([stores.compare(POST), stores.compare(OTHER)])
    expect(await cli.json(['reconcile', '--dry-run'])).toMatchObject({
      code: 1,
      report: { differences: 2, repaired: 0 },
    })
    expect(await Promise.all([stores.compare(POST), stores.compare(OTHER)])).toEqual(before)
  })

  it('sets Redis to the state of Postgres', async () => {
    expect(await cli.json(['reconcile'])).toMatchObject({
      code: 0,
      report: { differences: 2, repaired: 2, left: [] },
    })
    expect(await agrees(POST)).toEqual({ count: 1, members: ['ben'] })
    expect(await agrees(OTHER)).toEqual({ count: 13, members: ['ana', 'ben', 'dora'] })
    expect((await cli.json(['verify'])).code).toBe(0)
  })

  it('sets Postgres to the state of Redis, with --from redis', async () => {
    expect(await cli.json(['reconcile', '--from', 'redis'])).toMatchObject({
      code: 0,
      report: { repaired: 2 },
    })
    expect(await agrees(POST)).toEqual({ count: 2, members: ['ana', 'ben'] })
    expect(await agrees(OTHER)).toEqual({ count: 12, members: ['ana', 'ben'] })
  })

  it('leaves a count that Postgres alone knows, with --from redis, and says so', async () => {
    await stores.unnoticed(sql => sql`update posts_new set likes = likes + 5 where id = ${POSTS[5]!.id}`)
    const { code, report } = await cli.json(['reconcile', '--from', 'redis'])
    expect(code).toBe(1)
    expect(report).toMatchObject({ differences: 3, repaired: 2, left: [{ postId: POSTS[5]!.id }] })
    expect((await cli.json(['reconcile'])).code).toBe(0)
  })

  it('waits for a Postgres that takes longer than a like may, with --from redis', async () => {
    const lock = await stores.sql.reserve()
    await lock`begin`
    await lock`select 1 from posts_new where id = ${POST.id} for update`
    const reconciled = cli.json(['reconcile', '--from', 'redis', '--post', POST.id])
    const waits = async () => {
      const rows = await stores.sql`
        select 1 from pg_stat_activity
         where wait_event_type = 'Lock' and now() - query_start > interval '6.5 s'`
      return rows.length
    }
    await expect.poll(waits).toBeGreaterThan(0)
    await lock`commit`
    lock.release()
    expect(await reconciled).toMatchObject({ code: 0, report: { repaired: 1 } })
  })

  it('exits 2 when the store to trust is none', async () => {
    const { code, err } = await cli.run(['reconcile', '--from', 'mysql'])
    expect(code).toBe(2)
    expect(err).toContain('--from mysql is no store')
  })
})

describe('onecount moderate', () => {
  it('takes back the likes of a session, also of one that is pending', async () => {
    await app.set(POST.id, 'cleo', true)
    expect(await cli.json(['moderate', 'remove-session', 'cleo'])).toMatchObject({
      code: 0,
      report: { posts: 1 },
    })
    expect(await cli.json(['moderate', 'remove-session', 'ana'])).toMatchObject({
      code: 0,
      report: { posts: POSTS.length, complete: true },
    })
    for (const post of POSTS) expect((await agrees(post)).members).toEqual(['ben'])
  })

  it('gives the likes of one session to another', async () => {
    await app.set(OTHER.id, 'cleo', true)
    const { out } = await cli.run(['moderate', 'merge-sessions', 'cleo', 'account-7'])
    expect(out).toBe('1 post changed\n')
    expect((await agrees(OTHER)).members).toEqual(['account-7', 'ana', 'ben'])
  })

  it('removes a post from both stores', async () => {
    expect((await cli.run(['moderate', 'remove-post', POST.id])).code).toBe(0)
    expect(await stores.redis.exists(stores.keys.likes(POST.id), stores.keys.liked(POST.id))).toBe(0)
    expect(await stores.sql`select 1 from posts_new where id = ${POST.id}`).toHaveLength(0)
  })

  it.each([
    [['ban', 'ana'], 'There is no action ban: use remove-session'],
    [['remove-session'], 'remove-session takes one id, not 0\n'],
    [['merge-sessions', 'ana'], 'merge-sessions takes two ids, not 1\n'],
    [['remove-post', 'x'], 'remove-post x: this is no id of a post: use a UUID'],
  ])('refuses %j, and says why first', async (args, why) => {
    const { code, err } = await cli.run(['moderate', ...args])
    expect(code).toBe(2)
    expect(err.startsWith(why)).toBe(true)
  })
})

describe('onecount', () => {
  it('lists its commands, and refuses others', async () => {
    const { code, out } = await cli.run(['--help'])
    expect(code).toBe(0)
    for (const name of ['worker', 'verify', 'reconcile', 'doctor', 'moderate']) expect(out).toContain(name)
    expect(await cli.run(['fly'])).toMatchObject({ code: 2, err: expect.stringContaining('no command fly') })
    for (const name of ['verify', 'reconcile', 'doctor', 'moderate', 'worker'])
      expect(await cli.run([name, '--help'])).toMatchObject({ code: 0, err: '' })
  })
})
