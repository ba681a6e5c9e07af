import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import type { Kind } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterEach, describe, expect, it } from 'vitest'
import { checkKind } from '../../src/cli/doctor/postgres'
import { bare, named, titled } from '../support/doctor'
import { forAllTests } from '../support/for-all-tests'
import { article, kindDatabase, mark, quoted, reaction, slug, sticker } from '../support/kinds'

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let sql: Sql
let databases = 0
afterEach(() => sql.end())

const open = async (kind: Kind) => {
  sql = await kindDatabase(server, `d${databases++}`, kind)
}
const look = async (kind: Kind, check: string) => named(await checkKind(sql, kind), check)

const APPLY = (kind: Kind) => `apply what npx onecount migration --kind ${kind.name} prints`

describe('a database where all is well', () => {
  it.each([
    [article, 'articles.like_count is integer: likes beyond 2,147,483,647 are refused'],
    [quoted, '"Blog"."Old.Articles".order is integer: likes beyond 2,147,483,647 are refused'],
    [slug, 'pages.likes is integer: likes beyond 2,147,483,647 are refused'],
    [mark, null],
    [bare, null],
    [reaction, null],
    [sticker, null],
  ])('fails no check, and says where a count is narrow: $name', async (kind, narrow) => {
    await open(kind)
    const findings = await checkKind(sql, kind)
    const notOk = findings.filter(({ verdict }) => verdict !== 'ok')
    expect(notOk.map(({ check, verdict, found }) => ({ check, verdict, found }))).toEqual(
      narrow === null ? [] : [{ check: 'width of likes', verdict: 'warn', found: narrow }],
    )
    expect(findings.length).toBeGreaterThan(15)
    if (narrow === null) return
    const [, call] = /^(select onecount_\w+\(\))/.exec(named(findings, 'width of likes').fix!)!
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

describe('a finding that the SQL of the kind fixes', () => {
  it.each(
    titled<[]>([
      [reaction, 'unique keys', 'drop index onecount_reaction_pair_idx', 'none on comment_reactions'],
      [sticker, 'unique keys', 'drop index "Blog".onecount_sticker_pair_idx', 'none on "Blog".stickers'],
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
    if (isByTheSql) expect(finding.fix).toContain(APPLY(kind))
    await sql.unsafe(kindSql(kind))
    expect((await look(kind, check)).verdict).toBe('ok')
  })
})

describe('a kind that is not as the configuration says', () => {
  it('is not there at all: apply it', async () => {
    await open(article)
    const findings = await checkKind(sql, mark)
    expect(named(findings, 'mapping')).toMatchObject({
      verdict: 'fail',
      found: 'the kind mark is not in this database',
      fix: expect.stringContaining(APPLY(mark)),
    })
    for (const check of ['tables', 'functions', 'triggers', 'indexes', 'counts', 'ops', 'partitions', 'log'])
      expect(named(findings, check), check).toMatchObject({
        verdict: 'fail',
        fix: expect.stringContaining(APPLY(mark)),
      })
  })

  it('was made for other tables', async () => {
    await open(article)
    const other = { ...article, rows: { ...article.rows, actor: 'person' } }
    expect(await look(other, 'mapping')).toMatchObject({
      verdict: 'fail',
      found: expect.stringMatching(/was made for public\.articles .* user_id uuid\), and .* person uuid\)/),
      fix: expect.stringMatching(
        /^correct kinds\.article\.rows\.actor if it is a typing error; else .* npx onecount uninstall/,
      ),
    })
    expect(await look(other, 'unique keys')).toMatchObject({
      verdict: 'fail',
      fix: 'correct kinds.article.rows.actor: there is no column article_likes.person',
    })
  })

  it('has rows that are there twice: they are deleted only then', async () => {
    await open(article)
    await sql.unsafe(
      'drop index onecount_article_pair_idx; alter table article_likes drop constraint article_likes_pkey',
    )
    expect((await look(article, 'unique keys')).fix).toMatch(/^apply what/)
    await sql.unsafe(`insert into articles (id) values (77) on conflict do nothing;
      insert into article_likes (article_id, user_id)
      select 77, '11111111-1111-4111-8111-111111111111' from generate_series(1, 2)`)
    expect((await look(article, 'unique keys')).fix).toMatch(
      /^delete the rows that are there twice, then apply/,
    )
  })

  it('says of which tables row level security is on', async () => {
    await open(article)
    expect((await look(article, 'row level security')).found).toBe("on, for onecount's own tables")
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
      fix: expect.stringContaining(APPLY(article)),
    })
    await sql.unsafe(text.replaceAll('\n', '\r\n'))
    expect(await look(article, 'functions')).toMatchObject({
      verdict: 'ok',
      found: expect.stringContaining(`functions of onecount ${version}`),
    })
  })
})
