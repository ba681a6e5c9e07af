import type { Onecount } from 'onecount'
import { beforeEach, describe, expect, it } from 'vitest'
import { isSessionId } from '../src/core/ids'
import { forAllTests } from './support/for-all-tests'
import { explainedConnection } from './support/plans'
import { type Stores, startStores } from './support/stores'

const POST = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const OTHER = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }

const stores = forAllTests(startStores)
let onecount: Onecount
beforeEach(async () => {
  await stores.begin([POST, OTHER])
  onecount = stores.instance()
  for (const session of ['ana', 'ben', 'eva']) await onecount.set(POST.id, session, true)
  for (const session of ['ana', 'fay']) await onecount.set(OTHER.id, session, true)
  await onecount.set(OTHER.id, 'gus', true)
  await onecount.set(OTHER.id, 'gus', false)
  await onecount.drainer.flush()
  await onecount.read([POST.id, OTHER.id])
})

const members = {
  [POST.id]: ['ana', 'ben', 'eva'],
  [OTHER.id]: ['ana', 'fay'],
}

/** Both stores show the base and these members, Redis those whose names it takes; nothing is left over, and no pair has two newest ops. */
async function expectBoth(expected: Record<string, string[]>): Promise<void> {
  await onecount.drainer.flush()
  await onecount.read([POST.id, OTHER.id])
  for (const post of [POST, OTHER]) {
    const of = expected[post.id] ?? members[post.id]!
    const count = post.base + of.length
    expect(await stores.compare(post)).toMatchObject({
      redis: { count, members: of.filter(isSessionId) },
      postgres: { count, members: of },
    })
  }
  expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
  expect(
    await stores.sql`select * from post_ratings join like_tombstones using (post_id, session_id)`,
  ).toEqual([])
}

describe('one statement by hand', () => {
  it('takes rows of several sessions and posts, and a like that arrives late does not bring one back', async () => {
    const late = (await onecount.read([OTHER.id], 'ana')).get(OTHER.id)!
    await stores.sql`delete from post_ratings where session_id in ('ana', 'ben')`
    await expectBoth({ [POST.id]: ['eva'], [OTHER.id]: ['fay'] })
    await onecount.set(OTHER.id, 'ana', true, { op: late.op! })
    await expectBoth({ [POST.id]: ['eva'], [OTHER.id]: ['fay'] })
  })

  it('brings rows to several posts, after an unlike too', async () => {
    await stores.sql`insert into post_ratings (post_id, session_id)
      select p.id, s.id from posts_new p, (values ('gus'), ('hal'), ('auth0|x'), ('auth0|y')) s (id)`
    const came = ['auth0|x', 'auth0|y', 'gus', 'hal']
    await expectBoth({
      [POST.id]: ['ana', 'ben', 'eva', ...came].sort(),
      [OTHER.id]: ['ana', 'fay', ...came].sort(),
    })
    await stores.sql`delete from post_ratings where session_id like 'auth0%'`
    await expectBoth({
      [POST.id]: ['ana', 'ben', 'eva', 'gus', 'hal'],
      [OTHER.id]: ['ana', 'fay', 'gus', 'hal'],
    })
  })

  it('moves rows to another post, and renames sessions', async () => {
    await stores.sql`update post_ratings set post_id = ${OTHER.id} where session_id in ('ben', 'eva')`
    await expectBoth({ [POST.id]: ['ana'], [OTHER.id]: ['ana', 'ben', 'eva', 'fay'] })
    await stores.sql`update post_ratings set session_id = 'x-' || session_id`
    await expectBoth({ [POST.id]: ['x-ana'], [OTHER.id]: ['x-ana', 'x-ben', 'x-eva', 'x-fay'] })
  })

  it('changes no count where only other columns change, or the op', async () => {
    await stores.sql`update post_ratings set created_at = created_at - interval '1 day'`
    expect(await onecount.health()).toMatchObject({ unseen: 0 })
    const before = await stores.sql`select op from post_ratings order by op`
    await stores.sql`update post_ratings set op = case session_id when 'ana' then 1 else op + 2 end`
    const after = await stores.sql`select op from post_ratings order by op`
    for (const [i, { op }] of after.entries())
      expect(Number(op)).toBeGreaterThanOrEqual(Number(before[i]!.op))
    await expectBoth({})
  })

  it('upserts rows, some of them new', async () => {
    await stores.sql`insert into post_ratings (post_id, session_id)
      select ${POST.id}::uuid, s from unnest(array['ana', 'ben', 'hal', 'ida']) s
      on conflict (post_id, session_id) do update set created_at = now(), op = post_ratings.op + 2`
    await expectBoth({ [POST.id]: ['ana', 'ben', 'eva', 'hal', 'ida'] })
    await stores.sql`insert into post_ratings (post_id, session_id) values (${POST.id}, 'ana')
      on conflict do nothing`
    await expectBoth({ [POST.id]: ['ana', 'ben', 'eva', 'hal', 'ida'] })
  })

  it('takes rows away and brings others at once', async () => {
    await stores.sql`with gone as (delete from post_ratings where post_id = ${POST.id} returning session_id)
      insert into post_ratings (post_id, session_id)
      select ${OTHER.id}::uuid, session_id from gone where session_id <> 'ana'`
    await expectBoth({ [POST.id]: [], [OTHER.id]: ['ana', 'ben', 'eva', 'fay'] })
  })

  it('replaces rows in one transaction', async () => {
    await stores.sql.begin(async sql => {
      await sql`delete from post_ratings where post_id = ${POST.id}`
      await sql`insert into post_ratings (post_id, session_id) values (${POST.id}, 'ana'), (${POST.id}, 'hal')`
    })
    await expectBoth({ [POST.id]: ['ana', 'hal'] })
  })

  it('removes several posts with their rows', async () => {
    await stores.sql`delete from posts_new`
    await onecount.drainer.flush()
    expect(await stores.redis.keys('post:*-*')).toEqual([])
    expect(await stores.sql`select count(*)::integer as n from like_tombstones`).toEqual([{ n: 0 }])
    expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
  })

  it('has no effect on rows that are not there', async () => {
    await stores.sql`delete from post_ratings where session_id = 'zoe'`
    await stores.sql`update post_ratings set session_id = 'x' where session_id = 'zoe'`
    await stores.sql`insert into post_ratings select * from post_ratings where false`
    await expectBoth({})
  })

  it('while likes arrive on the same posts', async () => {
    const sessions = Array.from({ length: 100 }, (_, i) => `s${i}`)
    await Promise.all([
      ...sessions.map(session => onecount.set(POST.id, session, true, { ack: 'postgres' })),
      stores.sql`delete from post_ratings where session_id in ('ana', 'ben')`,
      stores.sql`insert into post_ratings (post_id, session_id) values (${POST.id}, 'hal'), (${OTHER.id}, 'hal')`,
    ])
    await expectBoth({ [POST.id]: [...sessions, 'eva', 'hal'].sort(), [OTHER.id]: ['fay', 'hal'] })
  })
})

describe('the work of a statement by hand', () => {
  /** Statements inside it, but for the check of a foreign key for each row that is inserted. */
  async function statements(run: (sql: Stores['sql']) => Promise<unknown>): Promise<number> {
    const { sql, explain } = await explainedConnection(stores.databaseUrl)
    const { plans } = await explain(() => run(sql))
    await sql.end()
    return plans.filter(plan => !plan.includes('FOR KEY SHARE')).length
  }
  const crowd = (n: number) => stores.sql`insert into post_ratings (post_id, session_id)
    select ${POST.id}::uuid, 'crowd-' || n from generate_series(1, ${n}) n`

  it.each([
    [
      'rows inserted',
      (sql: Stores['sql'], n: number) => sql`insert into post_ratings (post_id, session_id)
      select ${OTHER.id}::uuid, 'more-' || n from generate_series(1, ${n}) n`,
    ],
    ['rows deleted', (sql: Stores['sql']) => sql`delete from post_ratings where session_id like 'crowd-%'`],
    ['rows changed', (sql: Stores['sql']) => sql`update post_ratings set session_id = 'x-' || session_id`],
    ['a post deleted', (sql: Stores['sql']) => sql`delete from posts_new where id = ${POST.id}`],
    ['a post removed', (sql: Stores['sql']) => sql`select onecount_remove_post(${POST.id})`],
  ])('is done once, not for each row: %s', async (_, run) => {
    await crowd(500)
    expect(await statements(sql => run(sql, 500))).toBeLessThan(30)
    await onecount.drainer.flush()
    await onecount.read([POST.id, OTHER.id])
    for (const post of [POST, OTHER]) {
      const both = await stores.compare(post).catch(() => null)
      if (both) expect(both.redis).toEqual(both.postgres)
    }
  })
})
