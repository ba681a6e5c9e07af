import type { TransactionSql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../src/cli/doctor/check'
import { checkCounts, checkOps } from '../src/cli/doctor/data'
import { madeFor } from '../src/cli/doctor/made'
import { DEFAULT_KIND } from '../src/core/kind'
import { OTHER, POST, POSTS, startCli } from './support/cli'
import { connect } from './support/databases'
import { forAllTests } from './support/for-all-tests'
import { startStores } from './support/stores'

const stores = forAllTests(startStores)
const cli = forAllTests(() => startCli(stores))
beforeEach(() => cli.begin())

const named = (findings: Finding[], check: string) => findings.find(found => found.check === check)
const made = madeFor(DEFAULT_KIND)
const later = String(2 * (Date.now() + 3 * 3600_000) * 1000 + 1)

/** Past every trigger: an import, a restore, or an application's own code under `onecount.applying`. */
const DAMAGE: [check: string, words: string, damage: (sql: TransactionSql) => Promise<unknown>][] = [
  ['counts', '1 likes missing', sql => sql`alter table posts_new alter column likes drop not null`],
  ['counts', '1 likes below rows', sql => sql`update posts_new set likes = 1 where id = ${POST.id}`],
  ['counts', '1 revisions', sql => sql`update posts_new set likes_rev = ${later} where id = ${POST.id}`],
  [
    'ops',
    '1 ops in the future',
    sql => sql`update post_ratings set op = ${later} where post_id = ${POST.id} and session_id = 'ana'`,
  ],
  [
    'ops',
    '1 ops in the future',
    sql =>
      sql`update post_ratings set op = 9223372036854775807 where post_id = ${POST.id} and session_id = 'ana'`,
  ],
  [
    'ops',
    '1 ops invalid',
    sql => sql`update post_ratings set op = 1 where post_id = ${POST.id} and session_id = 'ana'`,
  ],
  [
    'ops',
    '1 bookkeeping',
    sql => sql`insert into like_tombstones values (${POST.id}, 'dora', 9000000000000000)`,
  ],
  ['ops', '1 liked and unliked', sql => sql`insert into like_tombstones values (${POST.id}, 'ana', 4)`],
]

describe('npx onecount repair', () => {
  it.each(DAMAGE)('repairs what doctor finds among %s: %s', async (check, words, damage) => {
    await stores.unnoticed(async sql => {
      await damage(sql)
      if (words === '1 likes missing') {
        await sql`alter table posts_new disable trigger onecount_clamp_likes`
        await sql`update posts_new set likes = null where id = ${POST.id}`
        await sql`alter table posts_new enable trigger onecount_clamp_likes`
      }
    })
    const before = await cli.json(['doctor'])
    expect(before.code).toBe(1)
    expect(named(before.report.findings, check)).toMatchObject({
      verdict: 'fail',
      found: expect.stringContaining(words),
      fix: 'npx onecount repair',
    })
    const dry = await cli.json(['repair', '--dry-run'])
    expect(dry).toMatchObject({ code: 1, report: { dryRun: true, posts: POSTS.length } })
    const repaired = await cli.run(['repair'])
    expect(repaired).toMatchObject({ code: 0, out: expect.stringContaining(words.slice(2)) })
    const after = await cli.json(['doctor'])
    expect(named(after.report.findings, check)).toMatchObject({ verdict: 'ok' })
    expect(await cli.json(['repair', '--dry-run'])).toMatchObject({ code: 0 })
    expect(await cli.run(['verify'])).toMatchObject({ code: 0 })
  })

  it('agrees with verify and reconcile on posts with too few likes', async () => {
    await stores.unnoticed(async sql => {
      await sql`update posts_new set likes = 0 where id in (${POST.id}, ${OTHER.id})`
    })
    await cli.run(['repair'])
    expect(await cli.json(['reconcile'])).toMatchObject({ code: 0 })
    expect(await cli.json(['verify'])).toMatchObject({ code: 0, report: { differences: 0 } })
  })

  it('puts the constraint on ops back and validates it, and says what a row of no op needs', async () => {
    const env = { DATABASE_URL: await stores.anotherDatabase('constraint') }
    const sql = connect(env.DATABASE_URL, { max: 1 })
    await sql`alter table post_ratings drop constraint post_ratings_op_likes`
    const before = await cli.json(['doctor'], env)
    expect(named(before.report.findings, 'constraints')).toMatchObject({
      verdict: 'fail',
      found: 'post_ratings_op_likes is missing on post_ratings',
      fix: 'npx onecount repair',
    })
    expect(await cli.json(['repair'], env)).toMatchObject({
      code: 0,
      report: { repaired: { constraints: true } },
    })
    expect(named((await cli.json(['doctor'], env)).report.findings, 'constraints')).toMatchObject({
      verdict: 'ok',
    })
    await sql`alter table post_ratings alter column op drop not null`
    expect(named((await cli.json(['doctor'], env)).report.findings, 'constraints')).toMatchObject({
      found: 'may be null: post_ratings.op',
      fix: expect.stringContaining('apply what npx onecount migration prints'),
    })
    await sql.end()
  })

  it('says which migration is missing, and what an option means', async () => {
    const { code, err } = await cli.run(['repair'], {
      DATABASE_URL: stores.databaseUrl.replace(/\w+$/, 'postgres'),
    })
    expect(code).toBe(2)
    expect(err).toContain('apply what npx onecount migration prints')
    expect(await cli.run(['repair', '--page-size', '0'])).toMatchObject({ code: 2 })
    expect((await cli.run(['repair', '--help'])).out).toContain('--dry-run')
  })
})

describe('doctor among many rows', () => {
  it('ends in time, and says how much it looked at', async () => {
    const sql = connect(await stores.anotherDatabase('many'), { max: 1 })
    await sql.unsafe(`
      set onecount.applying = 'on';
      insert into profiles (id, username, display_name, avatar_url) values ('${POST.id}', 'a', 'A', '');
      insert into posts_new (id, author_id, caption, image_url, likes)
      select gen_random_uuid(), '${POST.id}', '', '', 100 from generate_series(1, 500);
      insert into post_ratings (post_id, session_id, op)
      select p.id, 's' || n, 3 from posts_new p, generate_series(1, 100) n;
      reset onecount.applying;
      analyze`)
    expect((await checkCounts(sql, made, 0)).found).toMatch(/looked at \d{1,3} posts, about \d+%\)/)
    expect((await checkCounts(sql, made, 60_000)).found).toMatch(/looked at 500 posts\)/)
    const [size] = await sql`select pg_relation_size('post_ratings') / 1048576 as mib`
    const { verdict, found } = await checkOps(sql, made, 60_000)
    expect(verdict).toBe('ok')
    expect(Number(/looked at (\d+) MiB/.exec(found)![1])).toBeGreaterThanOrEqual(Number(size!.mib))
    await sql.end()
  })
})
