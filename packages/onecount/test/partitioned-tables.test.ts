import type { Sql } from 'postgres'
import { beforeEach, expect, it } from 'vitest'
import { applyAll, EXISTING, id, nowOp, startExisting, type World } from './support/existing'
import { forAllTests } from './support/for-all-tests'

/** An application that has split its tables: every partition has rows at the same places as the others. */
const PARTITIONED = EXISTING.replace(
  /(create table posts_new [\s\S]*?\));/,
  '$1 partition by hash (id);',
).replace(/(create table post_ratings [\s\S]*?\));/, '$1 partition by hash (post_id);')
const PARTITIONS = ['posts_new', 'post_ratings'].flatMap(table =>
  [0, 1, 2].map(
    n => `create table ${table}_${n} partition of ${table} for values with (modulus 3, remainder ${n}); `,
  ),
)
const POSTS = Array.from({ length: 12 }, (_, i) => id(i))
const SESSIONS = ['ana', 'ben', 'eva']

const existing = forAllTests(startExisting)
let world: World
beforeEach(async () => {
  world = await existing.begin()
  await world.sql.unsafe(PARTITIONED + PARTITIONS.join(''))
  await applyAll(world.sql)
  await world.sql`insert into posts_new (id, likes) select id, 10 from unnest(${POSTS}::uuid[]) p (id)`
  for (const post of POSTS) for (const session of SESSIONS) await world.onecount.set(post, session, true)
  await world.onecount.drainer.flush()
})

const rows = async (sql: Sql) =>
  (await sql`select post_id, session_id from post_ratings order by 1, 2`).map(row => [
    row.post_id,
    row.session_id,
  ])
const all = POSTS.flatMap(post => SESSIONS.map(session => [post, session]))
const without = (post: string, session: string) => all.filter(([p, s]) => p !== post || s !== session)

/** Exactly these pairs are rated, and every count is that of its post alone. */
async function expectRows(expected: string[][]): Promise<void> {
  expect(await rows(world.sql)).toEqual(expected)
  const likes = POSTS.map(post => [post, 10 + expected.filter(([p]) => p === post).length])
  expect(await world.counts()).toEqual(Object.fromEntries(likes))
  await world.onecount.drainer.flush()
  for (const [post, count] of likes)
    expect(await world.shown(post as string)).toMatchObject({ count, source: 'redis' })
}

it('a batch of the drain changes the rows of its pairs alone', async () => {
  await world.onecount.set(POSTS[4]!, 'ben', false)
  await world.onecount.drainer.flush()
  await expectRows(without(POSTS[4]!, 'ben'))
})

it('a post gets no other id, and keeps its likes', async () => {
  const { sql } = world
  await expect(sql`update posts_new set id = ${id(99)} where id = ${POSTS[4]!}`).rejects.toMatchObject({
    message:
      'id of public.posts_new cannot be changed: the table is partitioned by it, and the likes would not follow',
    hint: expect.stringContaining('set post_id of its rows in public.post_ratings to it'),
  })
  await sql`update posts_new set caption = 'another'`
  await expectRows(all)
})

it('so do a press on Postgres alone and several at once', async () => {
  const { postgres } = world.onecount.stores
  await postgres.write(
    [{ postId: POSTS[4]!, sessionId: 'ben', op: nowOp(), liked: false }],
    Date.now() * 1000,
  )
  await expectRows(without(POSTS[4]!, 'ben'))
  const both = ['ana', 'eva'].map(sessionId => ({ postId: POSTS[7]!, sessionId, op: nowOp(), liked: false }))
  await postgres.write(both, Date.now() * 1000)
  await expectRows(without(POSTS[4]!, 'ben').filter(([p, s]) => p !== POSTS[7] || s === 'ben'))
})

it('so do edits by hand, and a post that is removed', async () => {
  await world.sql`delete from post_ratings where post_id = ${POSTS[4]!} and session_id = 'ben'`
  await expectRows(without(POSTS[4]!, 'ben'))
  const before = await world.sql`select post_id, session_id, op from post_ratings order by 1, 2`
  await world.sql`insert into post_ratings (post_id, session_id, op) values (${POSTS[4]!}, 'ben', 3)`
  await expectRows(all)
  const after = await world.sql`select post_id, session_id, op from post_ratings order by 1, 2`
  expect(after.filter(row => row.post_id !== POSTS[4] || row.session_id !== 'ben')).toEqual([...before])
  expect(await world.onecount.removePost(POSTS[4]!)).toBe(true)
  expect(await rows(world.sql)).toEqual(all.filter(([post]) => post !== POSTS[4]))
  expect(Object.keys(await world.counts())).toHaveLength(POSTS.length - 1)
})
