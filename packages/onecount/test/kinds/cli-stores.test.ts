import { startSupabase } from '@onecount/dev-stack/supabase'
import { createKeys, type Kind, type Onecount } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { startKindCli } from '../support/kind-cli'
import { article, mark, namesOf, slug, uuidOf } from '../support/kinds'

/** More than a number of JavaScript holds. */
const LARGE = '9007199254740993'
/** In the order of Postgres, which is not that of their text. */
const ARTICLES = ['-5', ...Array.from({ length: 30 }, (_, n) => String(n + 1)), LARGE]
const PEOPLE = ['ana', 'ben', 'eva'].map(uuidOf)
const [ana, ben, eva] = PEOPLE as [string, string, string]
/** Who liked an article before onecount. */
const likersOf = (id: string) => PEOPLE.slice(0, Math.abs(Number(BigInt(id) % 4n)))
const RATINGS = ARTICLES.reduce((sum, id) => sum + likersOf(id).length, 0)

const cli = forAllTests(() =>
  startKindCli({
    'onecount.config.mjs': { article, mark },
    'slug.mjs': { slug },
    'misnamed.mjs': { heart: article },
  }),
)
let sql: Sql

/** The tables of an application with their rows, then the kinds. */
beforeEach(async () => {
  sql = await cli.begin()
  await sql`insert into articles (id, like_count) select id, 10 from unnest(${ARTICLES}::text[]::bigint[]) id`
  for (const id of ARTICLES)
    for (const person of likersOf(id))
      await sql`insert into article_likes (article_id, user_id) values (${id}, ${person})`
})

const apply = async (...kinds: Kind[]) => {
  for (const kind of kinds) await sql.unsafe(kindSql(kind))
}

const unnoticed = (kind: Kind, statement: string) => cli.unnoticed(kind, statement)

const keysOf = (kind: Kind) => createKeys('', kind.keyPrefix)
const likers = async (kind: Kind, id: string) => (await cli.command.smembers(keysOf(kind).liked(id))).sort()

/** Both stores hold every article, and ana likes one more that is pending. */
async function begin(): Promise<Onecount> {
  await apply(article)
  const app = cli.instance(article)
  await app.hydrateAll()
  await app.drainer.flush()
  return app
}

describe('onecount backfill of a kind', () => {
  it('repairs, brings every count and liked set to Redis, and compares', async () => {
    await sql`update articles set like_count = 1 where id = 3`
    await apply(article)
    const { code, report } = await cli.json('backfill', '--kind', 'article', '--page-size', '4')
    expect(report).toMatchObject({
      repaired: { likesBelowRatings: 1, likesMissing: 0 },
      posts: ARTICLES.length,
      ratings: RATINGS,
      alreadyThere: 0,
      verified: ARTICLES.length,
      mismatches: 0,
    })
    expect(code).toBe(0)
    for (const id of ARTICLES) {
      expect(await likers(article, id), id).toEqual(likersOf(id).sort())
      expect(await cli.command.get(keysOf(article).likes(id)), id).toBe(id === '3' ? '3' : '10')
    }
    const liked = await cli.command.smembers(keysOf(article).sessions(ana))
    expect(liked.sort()).toEqual(ARTICLES.filter(id => likersOf(id).includes(ana)).sort())
    // Nothing under the names of the default kind.
    expect((await cli.command.keys('*')).filter(key => !key.startsWith('article:'))).toEqual([])
    const again = await cli.json('backfill', '--kind', 'article')
    expect(again).toMatchObject({ code: 0, report: { alreadyThere: ARTICLES.length, mismatches: 0 } })
  })

  it('without --kind does so for every kind, and says which', async () => {
    await sql`insert into bookmarks (article_id, user_id) select 7, 's' || n from generate_series(1, 1200) n`
    await sql`insert into bookmarks (article_id, user_id) values (10, 'ana'), (9, 'ben')`
    await apply(article, mark)
    const dry = await cli.json('backfill', '--dry-run')
    expect(dry).toMatchObject({
      code: 0,
      report: { article: { dryRun: true, ratings: RATINGS }, mark: { dryRun: true, ratings: 1202 } },
    })
    expect(await cli.command.dbsize()).toBe(0)
    const { code, out } = await cli.run('backfill', '--page-size', '3')
    expect(out).toMatch(
      /^article\n\nposts[\s\S]*Redis matches Postgres\.\n\nmark\n\nposts[\s\S]*Redis matches Postgres\.\n$/,
    )
    expect(code).toBe(0)
    expect(await cli.command.scard(keysOf(mark).liked('7'))).toBe(1200)
    expect(await likers(mark, '9')).toEqual(['ben'])
    expect(await likers(mark, '10')).toEqual(['ana'])
    expect(await likers(article, '7')).toEqual(likersOf('7').sort())
  })

  it('of several kinds says what was done for each where a later one fails', async () => {
    await apply(article)
    const absent = await cli.json('backfill')
    expect(absent).toMatchObject({
      code: 2,
      report: {
        article: { posts: ARTICLES.length, verified: ARTICLES.length, mismatches: 0 },
        mark: { error: expect.stringContaining('npx onecount migration --kind mark') },
      },
    })
    expect(absent.report.article).not.toHaveProperty('error')
    expect(absent.err).toContain(`mark: ${absent.report.mark.error}`)

    await apply(mark)
    await sql`insert into bookmarks (article_id, user_id) values (10, 'ana')`
    await sql.unsafe('alter function onecount_mark_posts rename to onecount_mark_posts_away')
    const halfway = await cli.json('backfill')
    expect(halfway).toMatchObject({
      code: 2,
      report: {
        article: { alreadyThere: ARTICLES.length, mismatches: 0 },
        mark: { error: expect.any(String), repaired: { likesMissing: 0 }, verified: 0 },
      },
    })
    // People read the same.
    const { out, err } = await cli.run('backfill')
    expect(out).toMatch(/^article\n\nposts[\s\S]*Redis matches Postgres\.\n\n$/)
    expect(err).toContain(`mark: ${halfway.report.mark.error}`)
  })

  it('takes texts in the order of their collation', async () => {
    await sql.unsafe(`
      alter table page_likes alter column page type text collate "en-x-icu";
      alter table pages alter column slug type text collate "en-x-icu";
      insert into pages (slug, likes) select s, 5 from unnest('{a,A,b,B,_x,1,10,9,Zoo,about}'::text[]) s;
      insert into page_likes (page, who) select slug, 'ana' from pages;
      insert into page_likes (page, who) select 'B', 's' || n from generate_series(1, 1100) n`)
    await apply(slug)
    const { code, report } = await cli.json('backfill', '--config', 'slug.mjs', '--page-size', '2')
    expect(report).toMatchObject({ posts: 10, ratings: 1110, verified: 10, mismatches: 0 })
    expect(code).toBe(0)
    expect(await cli.command.scard(keysOf(slug).liked('B'))).toBe(1101)
    for (const id of ['a', 'A', 'b', '_x', '1', '10', '9', 'Zoo', 'about'])
      expect(await likers(slug, id), id).toEqual(['ana'])
  })

  it('goes through the Supabase client as well', async () => {
    await sql`update articles set like_count = 1 where id = 3`
    await apply(article)
    const supabase = await startSupabase({ databaseUrl: cli.databaseUrl() })
    try {
      cli.through({
        DATABASE_URL: '',
        SUPABASE_URL: supabase.url,
        SUPABASE_SECRET_KEY: supabase.secretKey,
      })
      const { code, report, err } = await cli.json('backfill', '--kind', 'article')
      expect(report, err).toMatchObject({
        repaired: { likesBelowRatings: 1 },
        ratings: RATINGS,
        verified: ARTICLES.length,
        mismatches: 0,
      })
      expect(code).toBe(0)
      await sql`update articles set like_count = 50 where id in (10, ${LARGE})`
      expect(await cli.json('verify', '--kind', 'article')).toMatchObject({
        code: 0,
        report: { differences: 0 },
      })
    } finally {
      await supabase.stop()
    }
  })

  it('says what to apply where the kind is not in the database', async () => {
    const { code, report, err } = await cli.json('backfill', '--kind', 'article')
    expect(code).toBe(2)
    expect(report).toEqual({
      error: expect.stringContaining('npx onecount migration --kind article'),
      code: 'unreachable',
      fix: 'apply what npx onecount migration --kind article prints (in shadow mode: with --shadow); it can be applied again',
    })
    expect(err).toContain(report.error)
  })
})

describe('onecount worker of kinds', () => {
  it('drains every kind of the configuration, or the one that is named', async () => {
    await apply(article, mark)
    const [likes, marks] = [cli.instance(article), cli.instance(mark)]
    const rowsOf = async (kind: Kind) =>
      Number((await sql.unsafe(`select count(*) as n from ${namesOf(kind).rows}`))[0]!.n)
    await likes.set(LARGE, eva, true)
    await marks.set(LARGE, 'ana', true)
    expect(await cli.run('worker', '--once', '--kind', 'mark')).toMatchObject({ code: 0, err: '' })
    expect([await rowsOf(article), await rowsOf(mark)]).toEqual([RATINGS, 1])
    await marks.set('1', 'ben', true)
    expect(await cli.run('worker', '--once')).toMatchObject({ code: 0, err: '' })
    expect([await rowsOf(article), await rowsOf(mark)]).toEqual([RATINGS + 1, 2])
    expect(await likes.health()).toMatchObject({ pending: 0 })
  })
})

describe('onecount verify and reconcile of a kind', () => {
  it('find differences, and repair them', async () => {
    const app = await begin()
    const equal = { posts: ARTICLES.length, differences: 0, cold: 0, listed: [] }
    expect(await cli.json('verify', '--kind', 'article')).toMatchObject({ code: 0, report: equal })
    await unnoticed(
      article,
      `delete from article_likes where article_id = 10 and user_id = '${ana}' or article_id = ${LARGE} and user_id = '${ana}';
       update articles set like_count = 9 where id = 10`,
    )
    const { code, report } = await cli.json('verify', '--kind', 'article')
    expect(code).toBe(1)
    expect(report).toMatchObject({
      differences: 2,
      listed: [
        { postId: '10', redisCount: 10, postgresCount: 9, onlyRedis: [ana], onlyPostgres: [] },
        { postId: LARGE, redisCount: 10, postgresCount: 10, onlyRedis: [ana] },
      ],
    })
    expect((await cli.json('verify', '--kind', 'article', '--post', '9')).code).toBe(0)
    expect((await cli.json('verify', '--kind', 'article', '--after', '10')).report.posts).toBe(21)
    expect(await cli.json('reconcile', '--kind', 'article')).toMatchObject({
      code: 0,
      report: { repaired: 2 },
    })
    expect(await cli.json('verify', '--kind', 'article')).toMatchObject({ code: 0, report: equal })
    expect((await app.read(['10'], ana)).get('10')).toMatchObject({ count: 9, liked: false })
  })

  it('take an article that Redis is about to forget as on its way', async () => {
    await begin()
    await sql`update articles set like_count = 50 where id = 10`
    await sql`delete from articles where id = 9`
    expect(await cli.json('verify', '--kind', 'article')).toMatchObject({
      code: 0,
      report: { differences: 0 },
    })
  })

  it('with several partitions look where the articles are', async () => {
    await apply(article)
    expect(await cli.json('partitions', '4', '--kind', 'article')).toMatchObject({
      code: 0,
      report: { before: 1, partitions: 4, moved: 0 },
    })
    const app = cli.instance(article, 4)
    await app.hydrateAll()
    const four = ['--kind', 'article', '--partitions', '4']
    expect(await cli.json('verify', ...four)).toMatchObject({ code: 0, report: { cold: 0 } })
    await unnoticed(article, `update articles set like_count = 12 where id = 6`)
    expect(await cli.json('verify', ...four)).toMatchObject({
      code: 1,
      report: { listed: [{ postId: '6', redisCount: 10, postgresCount: 12 }] },
    })
    expect(await cli.run('verify', '--kind', 'article')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--partitions 4'),
    })
  })

  it.each([
    [['verify'], 'The configuration has the kinds article, mark: choose one with --kind'],
    [['verify', '--kind', 'heart'], 'There is no kind heart'],
    [['verify', '--kind', 'article', '--post', 'x'], '--post x is no post id: use a whole number'],
    [['refused', '--kind', 'article', '--post', '01'], '--post 01 is no id of a post'],
    [['reconcile', '--config', 'none.mjs'], 'none.mjs is not there'],
  ])('%j names the mistake', async (args, words) => {
    const { code, err } = await cli.run(...args)
    expect(code).toBe(2)
    expect(err).toContain(words)
  })
})

describe('onecount repair of a kind', () => {
  it('repairs counts that are less than the rows, and ops of the future', async () => {
    await sql`update articles set like_count = 0 where id in (3, 7)`
    await apply(article)
    const future = String(2 * (Date.now() + 3 * 3600_000) * 1000 + 1)
    await unnoticed(article, `update article_likes set onecount_op = ${future} where article_id = 11`)
    const found = { likesBelowRatings: 2, opsInFuture: likersOf('11').length }
    expect(await cli.json('repair', '--kind', 'article', '--dry-run')).toMatchObject({
      code: 1,
      report: { posts: ARTICLES.length, repaired: found },
    })
    expect(await cli.json('repair', '--kind', 'article', '--page-size', '5')).toMatchObject({
      code: 0,
      report: { posts: ARTICLES.length, repaired: found },
    })
    expect([...(await sql`select like_count from articles where id in (3, 7)`)]).toEqual([
      { like_count: 3 },
      { like_count: 3 },
    ])
    expect((await cli.json('repair', '--kind', 'article', '--dry-run')).code).toBe(0)
  })
})

describe('the other commands, of a kind', () => {
  it('moderate takes likes and articles away, takeover and refused know whose they are', async () => {
    const app = await begin()
    expect(await cli.json('moderate', 'merge-sessions', ana, eva, '--kind', 'article')).toMatchObject({
      code: 0,
      report: { complete: true },
    })
    expect((await app.read(['1'], eva)).get('1')).toMatchObject({ count: 10, liked: true })
    expect((await cli.json('moderate', 'remove-session', ben, '--kind', 'article')).code).toBe(0)
    expect((await cli.json('moderate', 'remove-post', LARGE, '--kind', 'article')).code).toBe(0)
    expect([...(await sql`select from articles where id = ${LARGE}`)]).toEqual([])
    expect(await cli.json('verify', '--kind', 'article')).toMatchObject({ code: 0, report: { posts: 31 } })
    expect(await cli.json('refused', '--kind', 'article')).toMatchObject({ code: 0, report: { refused: 0 } })
    expect(await cli.json('takeover', '--kind', 'article')).toMatchObject({
      code: 0,
      report: { changed: false },
    })
  })

  it('doctor looks at the tables, the backlog and the owner of the kind', async () => {
    const app = await begin()
    await app.set('1', eva, true)
    const { code, report } = await cli.json('doctor', '--kind', 'article')
    expect(report.findings).toContainEqual(
      expect.objectContaining({ check: 'backlog', found: expect.stringContaining('1 pending') }),
    )
    for (const check of ['owner', 'tables', 'functions', 'triggers', 'counts'])
      expect(report.findings).toContainEqual(expect.objectContaining({ check, verdict: 'ok' }))
    expect(report.findings.filter(({ verdict }: { verdict: string }) => verdict === 'fail')).toEqual([])
    expect(code).toBe(0)
  })

  it('doctor without --kind looks at every kind, and says of which a finding is', async () => {
    await begin()
    await apply(mark)
    expect((await cli.json('doctor')).report.failed).toBe(0)
    expect(await cli.json('doctor', '--config', 'misnamed.mjs')).toMatchObject({
      code: 1,
      report: {
        findings: expect.arrayContaining([
          expect.objectContaining({
            verdict: 'fail',
            check: 'stores',
            found: 'misnamed.mjs',
            fix: expect.stringContaining('kinds.heart.name'),
          }),
        ]),
      },
    })
    await sql`drop trigger onecount_mark_add_count on articles`
    const { code, report } = await cli.json('doctor')
    expect(code).toBe(1)
    const triggers = report.findings.filter(({ check }: { check: string }) => check === 'triggers')
    expect(triggers).toEqual([
      { verdict: 'ok', check: 'triggers', kind: 'article', found: '16 triggers' },
      {
        verdict: 'fail',
        check: 'triggers',
        kind: 'mark',
        found: 'missing: onecount_mark_add_count on articles',
        fix: expect.stringContaining('npx onecount migration --kind mark'),
      },
    ])
    for (const check of ['Redis eviction', 'Postgres version'])
      expect(report.findings.filter((of: { check: string }) => of.check === check)).toEqual([
        expect.not.objectContaining({ kind: expect.anything() }),
      ])
    expect((await cli.run('doctor')).out).toMatch(
      /^mark: triggers: apply what npx onecount migration --kind mark/m,
    )
  })

  it('doctor through the Supabase client says what it cannot see', async () => {
    await begin()
    const supabase = await startSupabase({ databaseUrl: cli.databaseUrl() })
    try {
      cli.through({ DATABASE_URL: '', SUPABASE_URL: supabase.url, SUPABASE_SECRET_KEY: supabase.secretKey })
      const { code, report, err } = await cli.json('doctor', '--kind', 'article')
      expect(code, err).toBe(0)
      expect(report.findings).toContainEqual(
        expect.objectContaining({ verdict: 'skipped', fix: expect.stringContaining('DATABASE_URL') }),
      )
      expect(report.findings).toContainEqual(expect.objectContaining({ check: 'partitions', verdict: 'ok' }))
    } finally {
      await supabase.stop()
    }
  })
})
