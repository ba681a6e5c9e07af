import { defineConfig, type Kind } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgresServer } from '@/dev/services/postgres-server'
import type { Finding } from '../../src/cli/doctor/check'
import { checkKind } from '../../src/cli/doctor/postgres'
import { article, kindDatabase, mark, quoted, slug } from '../support/kinds'

/** Ids that are UUIDs, names in quotes, and no column of the count. */
const { bare } = defineConfig({
  kinds: {
    bare: {
      target: { table: 'Blog."Old.Articles"', id: 'uuid', column: 'Nr' },
      rows: { table: 'Blog.article likes', target: 'Article Nr', actor: 'user', createdAt: null },
    },
  },
}).kinds

let server: PostgresServer
let sql: Sql
let databases = 0
beforeAll(async () => {
  server = await startPostgresServer({ fsync: false })
})
afterAll(() => server.stop())
afterEach(() => sql.end())

const open = async (kind: Kind) => {
  sql = await kindDatabase(server, `d${databases++}`, kind)
}
const named = (findings: Finding[], check: string) => findings.find(found => found.check === check)!
const look = async (kind: Kind, check: string) => named(await checkKind(sql, kind), check)

const APPLY = (kind: Kind) => `apply what npx onecount migration --kind ${kind.name} prints`
/** Cases with what they are called. */
const titled = <Rest extends unknown[]>(
  cases: [kind: Kind, check: string, damage: string, found: string, ...Rest][],
) =>
  cases.map(
    ([kind, check, damage, found, ...rest]) =>
      [`${kind.name}: ${check}, ${found}`, kind, check, damage, found, ...rest] as const,
  )

const APPLICATIONS_COUNTER = (column: string, table: string, rows: string) => `
  create function mine() returns trigger language plpgsql as
    $$ begin update ${table} set ${column} = ${column} + 1; return null; end $$;
  create trigger mine after insert on ${rows} for each row execute function mine()`

describe('a database where all is well', () => {
  it.each([
    [article, 'articles.like_count is integer: likes beyond 2,147,483,647 are refused'],
    [quoted, '"Blog"."Old.Articles".order is integer: likes beyond 2,147,483,647 are refused'],
    [slug, 'pages.likes is integer: likes beyond 2,147,483,647 are refused'],
    [mark, null],
    [bare, null],
  ])('fails no check, and says where a count is narrow: $name', async (kind, narrow) => {
    await open(kind)
    const findings = await checkKind(sql, kind)
    const notOk = findings.filter(({ verdict }) => verdict !== 'ok')
    expect(notOk.map(({ check, verdict, found }) => ({ check, verdict, found }))).toEqual(
      narrow === null ? [] : [{ check: 'width of likes', verdict: 'warn', found: narrow }],
    )
    expect(findings.length).toBeGreaterThan(15)
    if (narrow === null) return
    const [, call] = /^(select onecount_\w+\(\))/.exec(named(findings, 'width of likes').mend!)!
    await sql.unsafe(call!)
    expect(await look(kind, 'width of likes')).toMatchObject({ verdict: 'ok', found: 'bigint' })
  })

  it('is one too where two kinds share a table, and one of them plans its removals', async () => {
    await open(article)
    await sql.unsafe(kindSql(mark))
    for (const kind of [article, mark])
      expect(await look(kind, 'triggers'), kind.name).toMatchObject({ verdict: 'ok' })
    await sql.unsafe('drop trigger onecount_article_removal_begins on articles')
    for (const kind of [article, mark])
      expect(await look(kind, 'triggers'), kind.name).toMatchObject({
        verdict: 'fail',
        found: `missing: onecount_${kind.name}_removal_begins on articles`,
      })
  })
})

describe('what the SQL of the kind mends', () => {
  it.each(
    titled<[]>([
      [bare, 'tables', 'drop table onecount_bare_refused', 'missing: onecount_bare_refused.op'],
      [
        quoted,
        'tables',
        'alter table "Blog"."Old.Articles" drop onecount_quoted_rev cascade',
        'onecount_quoted_rev',
      ],
      [article, 'functions', 'drop function onecount_article_hydrate', 'missing: onecount_article_hydrate'],
      [
        bare,
        'functions',
        `create or replace function onecount_bare_end_logging(p_days integer, p_ops integer) returns boolean
         language sql as 'select false'`,
        'onecount_bare_end_logging',
      ],
      [
        article,
        'triggers',
        'alter table article_likes disable trigger onecount_article_rated_by_hand',
        'disabled: onecount_article_rated_by_hand on article_likes',
      ],
      [
        quoted,
        'triggers',
        `alter table "Blog"."article likes" enable replica trigger onecount_quoted_unrated_by_hand`,
        'disabled: onecount_quoted_unrated_by_hand on "Blog"."article likes"',
      ],
      [
        quoted,
        'triggers',
        `drop trigger onecount_quoted_set_by_hand on "Blog"."Old.Articles"`,
        'missing: onecount_quoted_set_by_hand on "Blog"."Old.Articles"',
      ],
      [
        bare,
        'triggers',
        `drop trigger onecount_bare_add_count on "Blog"."Old.Articles"`,
        'missing: onecount_bare_add_count on "Blog"."Old.Articles"',
      ],
      [
        article,
        'indexes',
        'drop index onecount_article_session_post_idx',
        'missing: onecount_article_session_post_idx',
      ],
      [
        quoted,
        'indexes',
        'drop index "Blog".onecount_quoted_session_post_idx',
        'onecount_quoted_session_post_idx',
      ],
      [bare, 'indexes', 'drop index onecount_bare_log_pair_idx', 'missing: onecount_bare_log_pair_idx'],
      [article, 'unique keys', 'drop index onecount_article_pair_idx', 'none on article_likes'],
      [
        quoted,
        'unique keys',
        `alter table "Blog"."article likes" drop constraint "article likes_Article Nr_user_key"`,
        'none on "Blog"."article likes"',
      ],
      [
        article,
        'row level security',
        'alter table onecount_article_log disable row level security',
        'onecount_article_log',
      ],
      [
        mark,
        'row level security',
        'alter table onecount_mark_counts disable row level security',
        'onecount_mark_counts',
      ],
      [
        article,
        'grants',
        'grant select on onecount_article_tombstones to anon',
        'anon: onecount_article_tombstones',
      ],
      [
        mark,
        'grants',
        'grant update on onecount_mark_counts to authenticated',
        'authenticated: onecount_mark_counts',
      ],
      [
        article,
        'grants',
        'grant execute on function onecount_article_prune to public',
        'anon: onecount_article_prune, authenticated: onecount_article_prune',
      ],
      [
        article,
        'service role',
        'revoke execute on function onecount_article_prune from service_role',
        'may not use onecount_article_prune',
      ],
      [
        quoted,
        'service role',
        'revoke usage on schema "Blog" from service_role',
        'may not use the schema "Blog"',
      ],
      [
        bare,
        'service role',
        'revoke insert on "Blog"."article likes" from service_role',
        'may not use "Blog"."article likes"',
      ],
      [
        article,
        'publication',
        'alter publication supabase_realtime drop table articles',
        'articles is not published',
      ],
      [
        slug,
        'constraints',
        'alter table pages drop constraint onecount_slug_id_is_a_key',
        'onecount_slug_id_is_a_key is missing on pages',
      ],
      [
        article,
        'constraints',
        'alter table article_likes drop constraint onecount_article_op_likes',
        'onecount_article_op_likes is missing on article_likes',
      ],
    ]),
  )('of %s', async (_, kind, check, damage, found) => {
    await open(kind)
    expect((await look(kind, check)).verdict).toBe('ok')
    await sql.unsafe(damage)
    const finding = await look(kind, check)
    expect(finding.found).toContain(found)
    expect(finding.verdict).toBe(check === 'publication' ? 'warn' : 'fail')
    const isByTheSql = !['grants', 'publication'].includes(check) && !found.includes('op_likes')
    if (isByTheSql) expect(finding.mend).toContain(APPLY(kind))
    await sql.unsafe(kindSql(kind))
    expect((await look(kind, check)).verdict).toBe('ok')
  })
})

describe('what the application mends', () => {
  it.each(
    titled<[verdict: Finding['verdict'], mend: string]>([
      [
        article,
        'tables',
        'alter table articles rename column like_count to likes',
        'missing: articles.like_count',
        'fail',
        'correct kinds.article.target.count in the configuration',
      ],
      [
        quoted,
        'tables',
        'alter table "Blog"."article likes" rename to likes',
        'missing: "Blog"."article likes".Article Nr, "Blog"."article likes".user',
        'fail',
        'kinds.quoted.rows.target, kinds.quoted.rows.actor',
      ],
      [
        bare,
        'tables',
        'drop schema "Blog" cascade',
        '"Blog"."Old.Articles".Nr',
        'fail',
        'kinds.bare.target.column',
      ],
      [
        slug,
        'tables',
        'drop trigger onecount_slug_sound_rating on page_likes; alter table page_likes alter who type bigint using 1',
        'page_likes.who is bigint, not text or character varying',
        'fail',
        'kinds.slug.actor',
      ],
      [
        article,
        'tables',
        'alter table onecount_article_log drop column prev cascade',
        'missing: onecount_article_log.prev',
        'fail',
        'npx onecount uninstall --kind article, then apply',
      ],
      [
        article,
        'other triggers',
        APPLICATIONS_COUNTER('like_count', 'articles', 'article_likes'),
        'mine on article_likes, which names articles.like_count',
        'fail',
        'drop them',
      ],
      [
        quoted,
        'other triggers',
        APPLICATIONS_COUNTER('"order"', '"Blog"."Old.Articles"', '"Blog"."article likes"'),
        'mine on article likes, which names "Blog"."Old.Articles"."order"',
        'fail',
        'drop them',
      ],
      [
        mark,
        'other triggers',
        APPLICATIONS_COUNTER('likes', 'public.onecount_mark_counts', 'bookmarks'),
        'mine on bookmarks, which names onecount_mark_counts',
        'fail',
        'drop them',
      ],
      [
        article,
        'publication',
        'alter publication supabase_realtime add table article_likes',
        'article_likes is published',
        'warn',
        'drop table article_likes',
      ],
      [
        quoted,
        'constraints',
        'alter table "Blog"."article likes" alter column onecount_op drop not null',
        'may be null: "Blog"."article likes".onecount_op',
        'fail',
        'alter table "Blog"."article likes" alter column "onecount_op" set not null',
      ],
      [
        article,
        'constraints',
        `alter table article_likes drop constraint onecount_article_op_likes;
       alter table article_likes add constraint onecount_article_op_likes check (onecount_op % 2 = 1) not valid`,
        'onecount_article_op_likes is not validated',
        'warn',
        'npx onecount repair --kind article',
      ],
      [
        article,
        'counts',
        `set onecount.article_applying = 'on'; insert into articles (id, like_count) values (7, 1), (-9, 5);
       insert into article_likes (article_id, user_id) select 7, gen_random_uuid() from generate_series(1, 3);
       reset onecount.article_applying`,
        '1 likes below rows (looked at 2 of articles)',
        'fail',
        'npx onecount repair --kind article',
      ],
      [
        quoted,
        'counts',
        `insert into "Blog"."Old.Articles" ("Nr", "order") values (gen_random_uuid(), 0);
       alter table "Blog"."Old.Articles" disable trigger user; update "Blog"."Old.Articles" set "order" = null;
       alter table "Blog"."Old.Articles" enable trigger user`,
        '1 likes missing (looked at 1 of "Blog"."Old.Articles")',
        'fail',
        'npx onecount repair --kind quoted',
      ],
      [
        mark,
        'counts',
        `insert into articles (id) values (7); update onecount_mark_counts set likes_rev = -1`,
        '1 revisions',
        'fail',
        'npx onecount repair --kind mark',
      ],
      [
        bare,
        'ops',
        `insert into "Blog"."Old.Articles" values (gen_random_uuid());
       set onecount.bare_applying = 'on';
       insert into "Blog"."article likes" select "Nr", 'ana', 9007199254740991 from "Blog"."Old.Articles";
       reset onecount.bare_applying`,
        '1 ops in the future',
        'fail',
        'npx onecount repair --kind bare',
      ],
      [
        article,
        'partitions',
        'select onecount_article_set_partitions(4)',
        'Postgres is set to 4, this command to 1',
        'fail',
        'npx onecount partitions 1 --kind article',
      ],
      [
        article,
        'log',
        `insert into onecount_article_log (partition, post_id, session_id, op, prev) values (1, 7, gen_random_uuid(), 3, 3)`,
        '1 rows of partitions that are not there',
        'fail',
        'select onecount_article_set_partitions(partitions) from onecount_article_settings',
      ],
      [
        bare,
        'log',
        `insert into onecount_bare_log (partition, post_id, session_id, op, prev) values (0, gen_random_uuid(), 'ana', 3, 0)`,
        'onecount_bare_log_sums do not fit',
        'fail',
        'delete from onecount_bare_log; delete from onecount_bare_log_sums; delete from onecount_bare_receipt',
      ],
    ]),
  )('of %s', async (_, kind, check, damage, found, verdict, mend) => {
    await open(kind)
    expect((await look(kind, check)).verdict).toBe('ok')
    await sql.unsafe(damage)
    const finding = await look(kind, check)
    expect(finding.found).toContain(found)
    expect(finding.mend).toContain(mend)
    expect(finding.verdict).toBe(verdict)
  })

  it('leaves a counter of its own alone where onecount counts in a table of its own', async () => {
    await open(mark)
    await sql.unsafe(APPLICATIONS_COUNTER('like_count', 'articles', 'bookmarks'))
    expect((await look(mark, 'other triggers')).verdict).toBe('ok')
  })
})

describe('a kind that is not as the configuration says', () => {
  it('is not there at all: apply it', async () => {
    await open(article)
    const findings = await checkKind(sql, mark)
    expect(named(findings, 'mapping')).toMatchObject({
      verdict: 'fail',
      found: 'the kind mark is not in this database',
      mend: expect.stringContaining(APPLY(mark)),
    })
    for (const check of ['tables', 'functions', 'triggers', 'indexes', 'counts', 'ops', 'partitions', 'log'])
      expect(named(findings, check), check).toMatchObject({
        verdict: 'fail',
        mend: expect.stringContaining(APPLY(mark)),
      })
  })

  it('was made for other tables', async () => {
    await open(article)
    const other = { ...article, rows: { ...article.rows, actor: 'person' } }
    expect(await look(other, 'mapping')).toMatchObject({
      verdict: 'fail',
      found: expect.stringMatching(/was made for public\.articles .* user_id uuid\), and .* person uuid\)/),
      mend: expect.stringContaining('npx onecount uninstall'),
    })
  })

  it('has the functions of another version', async () => {
    await open(article)
    const text = kindSql(article)
    const version = /^-- onecount (\S+),/.exec(text)![1]!
    const older = text
      .replaceAll(`onecount ${version}`, 'onecount 0.0.1')
      .replace('REDIS_DAYS constant integer := 7', 'REDIS_DAYS constant integer := 8')
    expect(older).not.toBe(text)
    await sql.unsafe(older)
    expect(await look(article, 'functions')).toMatchObject({
      verdict: 'fail',
      found: `not those of onecount ${version} (the database has those of 0.0.1): onecount_article_prune`,
      mend: expect.stringContaining(APPLY(article)),
    })
    await sql.unsafe(text.replaceAll('\n', '\r\n'))
    expect(await look(article, 'functions')).toMatchObject({
      verdict: 'ok',
      found: expect.stringContaining(`functions of onecount ${version}`),
    })
  })
})
