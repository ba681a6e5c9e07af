import { createOnecount, type Onecount } from 'onecount'
import { beforeEach, describe, expect, it } from 'vitest'
import { NOTHING } from '../src/cli/repair'
import {
  addExisting,
  applyAll,
  applyContent,
  applyFirstThree,
  EXISTING,
  FEWER,
  nowOp,
  POSTS,
  repair,
  SOUND,
  schemaOf,
  startExisting,
  TIMES,
  type World,
} from './support/existing'
import { forAllTests } from './support/for-all-tests'

const existing = forAllTests(startExisting)
let world: World
beforeEach(async () => {
  world = await existing.begin()
})

const expected = Object.fromEntries(POSTS.map(post => [post.id, post.shown]))

/** Every post is right in both stores, and every like can be undone and given again. */
async function expectSound(): Promise<void> {
  await world.onecount.drainer.flush()
  expect(await world.counts()).toEqual(expected)
  for (const post of POSTS) {
    expect(await world.shown(post.id)).toMatchObject({ count: post.shown })
    for (const [i, session] of post.sessions.entries()) {
      expect(await world.onecount.set(post.id, session, false)).toMatchObject({
        count: post.shown - i - 1,
        liked: false,
      })
      await world.onecount.drainer.flush()
      expect(await world.shown(post.id, session)).toMatchObject({ count: post.shown - i - 1, liked: false })
    }
    expect(await world.onecount.set(post.id, 'new', true)).toMatchObject({ liked: true })
    await world.onecount.drainer.flush()
    expect(await world.shown(post.id)).toMatchObject({ count: post.shown - post.sessions.length + 1 })
  }
  expect(await world.onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
  const left = Object.fromEntries(POSTS.map(post => [post.id, post.shown - post.sessions.length + 1]))
  expect(await world.counts()).toEqual(left)
}

describe('data of before', () => {
  it('is migrated with unsound values in it, and right after the repair', async () => {
    await addExisting(world.sql)
    await applyAll(world.sql)
    expect(await world.repair()).toMatchObject({
      likesNegative: 1,
      likesMissing: 1,
      likesBelowRatings: 2,
      opsMissing: 0,
      opsInFuture: 0,
      opsInvalid: 0,
    })
    expect(await world.repair()).toEqual(NOTHING)
    await expectSound()
  })

  it('gets ops without a row being written, and every press beats them', async () => {
    await addExisting(world.sql)
    const before = await world.sql`select ctid::text from post_ratings order by 1`
    await applyAll(world.sql)
    expect(await world.sql`select ctid::text from post_ratings order by 1`).toEqual(before)
    expect(await world.sql`select distinct op from post_ratings`).toEqual([{ op: '3' }])
    expect(await world.onecount.set(TIMES, 'later', false)).toMatchObject({ count: 9, liked: false })
    await world.onecount.drainer.flush()
    expect(await world.sql`select from post_ratings where session_id = 'later'`).toHaveLength(0)
    expect(await world.shown(TIMES, 'later')).toMatchObject({ count: 9, liked: false })
  })

  it('never shows a number below 0, or none, also before the repair, from either store', async () => {
    await addExisting(world.sql)
    await applyAll(world.sql)
    const alone = createOnecount({
      redis: null,
      postgres: world.onecount.stores.postgres,
      log: { warn() {} },
    })
    const ids = POSTS.map(post => post.id)
    const sound = async (engine: Onecount) => {
      const states = [...(await engine.read(ids, 'ana')).values()]
      expect(states).toHaveLength(POSTS.length)
      for (const state of states) {
        expect(state.count).toBeGreaterThanOrEqual(state.liked ? 1 : 0)
        expect(Number.isSafeInteger(state.count)).toBe(true)
      }
    }
    await sound(alone)
    for (const { likes } of await world.onecount.stores.postgres.ranking(100))
      expect(likes).toBeGreaterThanOrEqual(0)
    expect((await world.onecount.stores.postgres.ranking(1))[0]!.postId).toBe(SOUND)
    for (const { id, sessions } of POSTS) {
      for (const session of [...sessions, 'new']) {
        expect((await alone.set(id, session, false)).count).toBeGreaterThanOrEqual(0)
        await sound(alone)
      }
      expect((await alone.set(id, 'new', true)).count).toBeGreaterThanOrEqual(1)
    }
    await sound(world.onecount)
    for (const page of await world.onecount.stores.postgres.posts(null, 100))
      expect(page.likes).toBeGreaterThanOrEqual(page.ratings)
    await world.repair()
    await sound(world.onecount)
    await sound(alone)
  })

  it('is migrated while ratings are inserted, and neither waits for the other in a circle', async () => {
    await addExisting(world.sql)
    await applyContent(world.sql)
    const waiting = async () =>
      (await world.sql`select from pg_locks where not granted and relation = 'post_ratings'::regclass`).length
    // What an insert of a rating locks, in its order: the table, then by the foreign key its post.
    const inserting = world.sql.begin(async transaction => {
      await transaction`lock table post_ratings in row exclusive mode`
      migrating = applyAll(world.sql)
      await expect.poll(waiting).toBeGreaterThan(0)
      await transaction`select from posts_new for key share`
    })
    let migrating: Promise<string[]> | undefined
    await inserting
    await expect(migrating).resolves.not.toEqual([])
  })

  it('that Redis holds already is forgotten there when it is repaired', async () => {
    await addExisting(world.sql)
    await applyAll(world.sql)
    await world.onecount.hydrateAll()
    await world.onecount.set(FEWER, 'new', true)
    await world.repair()
    await expect.poll(async () => (await world.onecount.drainer.flush()).more).toBe(false)
    expect(await world.shown(FEWER, 'new')).toMatchObject({ count: 3, liked: true })
    expect((await world.counts())[FEWER]).toBe(3)
  })

  it('of which a dry run tells, and changes nothing', async () => {
    await addExisting(world.sql)
    await applyAll(world.sql)
    const before = await world.counts()
    expect(await world.repair({ dryRun: true })).toMatchObject({
      likesNegative: 1,
      likesMissing: 1,
      likesBelowRatings: 2,
    })
    expect(await world.counts()).toEqual(before)
    expect(await world.sql`select from like_unseen`).toHaveLength(0)
  })

  it('a rating without a session becomes one of a session of its own', async () => {
    await addExisting(world.sql)
    await world.sql`insert into post_ratings values (${SOUND}, null), (${SOUND}, null), (null, null), (null, 'ana')`
    await applyAll(world.sql)
    expect(await world.repair()).toMatchObject({ sessionsMissing: 2, likesBelowRatings: 2 })
    const rows = await world.sql`select session_id from post_ratings where post_id = ${SOUND}`
    expect(new Set(rows.map(row => row.session_id))).toHaveProperty('size', 5)
    expect(await world.shown(SOUND)).toMatchObject({ count: 446 })
  })
})

describe('a database of the version before', () => {
  /** Ops that its 0001 gave, or that were written past every trigger. */
  const STRANGE = `
    alter table post_ratings drop constraint post_ratings_op_likes;
    alter table post_ratings alter column op drop not null;
    set onecount.applying = 'on';
    update post_ratings set op = case session_id
      when 'missing' then null when 'before' then -28000000000001 when 'never' then 0
      when 'forever' then 9223372036854775807 when 'later' then op + 2 * 3 * 3600 * 1000000::bigint else op + 1 end
     where post_id = '${TIMES}';
    insert into like_tombstones values ('${SOUND}', 'ana', 4000000000000000), ('${SOUND}', 'gone', 5000000000000000);
    insert into like_unseen values ('${TIMES}', 'forever', 9223372036854775807);
    update posts_new set likes_rev = 4600000000000000 where id = '${SOUND}';
    reset onecount.applying;
    alter table post_ratings add constraint post_ratings_op_likes check (op % 2 = 1) not valid;`

  async function addToVersionBefore(): Promise<void> {
    await addExisting(world.sql)
    await world.sql`update post_ratings set created_at = now() where post_id = ${TIMES}`
    await applyFirstThree(world.sql)
  }

  it('comes to the same tables as a new one', async () => {
    await addToVersionBefore()
    await applyAll(world.sql)
    await world.repair()
    const fresh = await existing.emptyDatabase({ max: 1 })
    await fresh.unsafe(EXISTING)
    await applyAll(fresh)
    await repair(fresh)
    expect(await schemaOf(world.sql)).toEqual(await schemaOf(fresh))
    await fresh.end()
  })

  it('is right after the repair, whatever its ops are', async () => {
    await addToVersionBefore()
    await world.sql.unsafe(STRANGE)
    await applyAll(world.sql)
    const told = {
      opsMissing: 1,
      opsInFuture: 2,
      // Two that are too small, and the even one of a sound moment.
      opsInvalid: 3,
      revisions: 1,
      likesMissing: 1,
    }
    expect(await world.repair({ dryRun: true })).toMatchObject(told)
    expect(await world.repair()).toMatchObject({ ...told, constraints: true })
    expect(await world.repair()).toEqual(NOTHING)
    const ops = await world.sql`select op from post_ratings`
    for (const { op } of ops) {
      expect(Number(op) % 2).toBe(1)
      expect(Number(op)).toBeGreaterThan(1)
      expect(Number(op)).toBeLessThanOrEqual(nowOp() + 1)
    }
    await expectSound()
  })

  it('keeps the ops that are right', async () => {
    await addToVersionBefore()
    const before = await world.sql`select op from post_ratings order by post_id, session_id`
    await applyAll(world.sql)
    await world.repair()
    expect(await world.sql`select op from post_ratings order by post_id, session_id`).toEqual(before)
  })
})
