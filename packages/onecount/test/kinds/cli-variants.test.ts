import { startSupabase } from '@onecount/dev-stack/supabase'
import { createKeys, type Onecount, variantId, variantIds } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { startKindCli } from '../support/kind-cli'
import { reaction } from '../support/kinds'

const COMMENTS = Array.from({ length: 10 }, (_, n) => `50050001-aaaa-bbbb-cccc-00000000000${n}`)
const [FIRST, SECOND] = COMMENTS as [string, string]
const COUNTS = COMMENTS.length * reaction.variants!.length
const PEOPLE = ['ana', 'ben', 'eva']
const keys = createKeys('', reaction.keyPrefix)

const cli = forAllTests(() => startKindCli({ 'onecount.config.mjs': { reaction } }))
let sql: Sql
let app: Onecount
/** Every person has given 👍 to every comment, and ana 🎉; fay gave 🐻, which is no variant of the kind. */
beforeEach(async () => {
  sql = await cli.begin()
  await sql`insert into comments (id) select id from unnest(${COMMENTS}::text[]::uuid[]) id`
  await sql`
    insert into comment_reactions (comment_id, user_id, emoji)
    select c.id, p.name, '👍' from comments c, unnest(${PEOPLE}::text[]) p (name)
    union all select id, 'ana', '🎉' from comments
    union all select id, 'fay', '🐻' from comments`
  await sql.unsafe(kindSql(reaction))
  app = cli.instance(reaction)
})

const json = (...args: string[]) => cli.json(...args)
const unnoticed = (statement: string) => cli.unnoticed(reaction, statement)

const expectFilled = async () => {
  for (const id of variantIds(reaction, COMMENTS)) {
    const expected = id.endsWith('👍') ? PEOPLE : id.endsWith('🎉') ? ['ana'] : []
    expect((await cli.command.smembers(keys.liked(id))).sort(), id).toEqual(expected)
    expect(await cli.command.get(keys.likes(id)), id).toBe(String(expected.length))
  }
  expect((await cli.command.smembers(keys.sessions('ana'))).sort()).toEqual(
    variantIds({ variants: ['👍', '🎉'] }, COMMENTS).sort(),
  )
  expect(await cli.command.exists(keys.sessions('fay'))).toBe(0)
}
const FILLED = { posts: COUNTS, ratings: 40, verified: COUNTS, mismatches: 0 }

describe('the commands on a kind with variants', () => {
  it('backfill brings every count and set to Redis, and compares', async () => {
    const { code, report, err } = await json('backfill', '--page-size', '4')
    expect(report, err).toMatchObject(FILLED)
    expect(code).toBe(0)
    await expectFilled()
    expect(await json('backfill')).toMatchObject({ code: 0, report: { alreadyThere: COUNTS, mismatches: 0 } })
  })

  it('backfill goes through the Supabase client as well', async () => {
    const supabase = await startSupabase({ databaseUrl: cli.databaseUrl() })
    try {
      cli.through({
        DATABASE_URL: '',
        SUPABASE_URL: supabase.url,
        SUPABASE_SECRET_KEY: supabase.secretKey,
      })
      const { code, report, err } = await json('backfill')
      expect(report, err).toMatchObject(FILLED)
      expect(code).toBe(0)
      await expectFilled()
      await sql`update onecount_reaction_counts set likes = 50 where variant = '👍'`
      expect(await json('verify')).toMatchObject({ code: 0, report: { differences: 0 } })
    } finally {
      await supabase.stop()
    }
  })

  it('verify finds a difference, and reconcile repairs it', async () => {
    await app.hydrateAll()
    const equal = { posts: COUNTS, differences: 0, cold: 0 }
    expect(await json('verify')).toMatchObject({ code: 0, report: equal })
    const id = variantId(SECOND, '👍')
    await unnoticed(
      `delete from comment_reactions where comment_id = '${SECOND}' and emoji = '👍' and user_id = 'ana';
       update onecount_reaction_counts set likes = 2 where id = '${id}'`,
    )
    expect(await json('verify')).toMatchObject({
      code: 1,
      report: {
        differences: 1,
        listed: [{ postId: id, redisCount: 3, postgresCount: 2, onlyRedis: ['ana'] }],
      },
    })
    expect((await json('verify', '--post', variantId(SECOND, '🎉'))).code).toBe(0)
    expect((await json('verify', '--after', id)).report.posts).toBe(COUNTS - 6)
    expect(await json('reconcile')).toMatchObject({ code: 0, report: { repaired: 1 } })
    expect(await json('verify')).toMatchObject({ code: 0, report: equal })
    expect((await app.read([id], 'ana')).get(id)).toMatchObject({ count: 2, liked: false })
  })

  it('repair repairs counts that are less than the rows, and ops of the future', async () => {
    const future = String(2 * (Date.now() + 3 * 3600_000) * 1000 + 1)
    await unnoticed(
      `update onecount_reaction_counts set likes = 0 where variant = '🎉';
       update comment_reactions set onecount_op = ${future} where comment_id = '${FIRST}' and emoji = '👍'`,
    )
    const repaired = { likesBelowRatings: COMMENTS.length, opsInFuture: PEOPLE.length }
    expect(await json('repair', '--dry-run')).toMatchObject({ code: 1, report: { posts: COUNTS, repaired } })
    expect(await json('repair', '--page-size', '5')).toMatchObject({
      code: 0,
      report: { posts: COUNTS, repaired },
    })
    expect((await json('repair', '--dry-run')).code).toBe(0)
  })

  it('moderate merges and removes what people gave, and removes a comment by its own id', async () => {
    await app.hydrateAll()
    expect((await json('moderate', 'merge-sessions', 'ana', 'gus')).code).toBe(0)
    const ids = variantIds(reaction, [FIRST])
    const hearts = async (session: string) =>
      [...(await app.read(ids, session)).values()].map(({ count, liked }) => [count, liked])
    expect(await hearts('gus')).toEqual([
      [3, true],
      [1, true],
      [0, false],
    ])
    expect((await json('moderate', 'remove-session', 'ben')).code).toBe(0)
    expect((await hearts('ben'))[0]).toEqual([2, false])
    expect(await json('moderate', 'remove-post', FIRST)).toMatchObject({ code: 0, report: { posts: 1 } })
    expect(await json('moderate', 'remove-post', variantId(SECOND, '🎉'))).toMatchObject({ code: 0 })
    expect(await sql`select from comments`).toHaveLength(COMMENTS.length - 2)
    expect(await json('verify')).toMatchObject({ code: 0, report: { posts: COUNTS - 6, differences: 0 } })
    expect(await json('moderate', 'remove-post', 'x')).toMatchObject({ code: 2 })
  })

  it('partitions divides them by their comments', async () => {
    expect(await json('partitions', '4')).toMatchObject({ code: 0, report: { before: 1, partitions: 4 } })
    app = cli.instance(reaction, 4)
    await app.hydrateAll()
    expect(await json('verify', '--partitions', '4')).toMatchObject({
      code: 0,
      report: { posts: COUNTS, differences: 0, cold: 0 },
    })
  })

  it.each([
    ['verify', '--post', FIRST],
    ['refused', '--post', variantId(FIRST, '🐻')],
  ])('%s %s %s is no id', async (...args) => {
    const { code, err } = await json(...args)
    expect(code).toBe(2)
    expect(err).toContain(args[2])
  })

  it('doctor, refused, takeover and worker know it', async () => {
    await app.drainer.flush()
    expect(await json('doctor')).toMatchObject({ code: 0 })
    expect(await json('refused')).toMatchObject({ code: 0, report: { refused: 0 } })
    expect(await json('takeover')).toMatchObject({ code: 0, report: { changed: false } })
    await app.set(variantId(FIRST, '❤️'), 'ben', true)
    expect(await cli.run('worker', '--once')).toMatchObject({ code: 0, err: '' })
    expect([...(await sql`select user_id, emoji from comment_reactions where emoji = '❤️'`)]).toEqual([
      { user_id: 'ben', emoji: '❤️' },
    ])
  })
})
