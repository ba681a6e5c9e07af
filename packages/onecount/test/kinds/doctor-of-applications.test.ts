import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import type { Kind } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../src/cli/doctor/check'
import { checkKind } from '../../src/cli/doctor/postgres'
import { bare, named, titled } from '../support/doctor'
import { forAllTests } from '../support/for-all-tests'
import { article, kindDatabase, mark, quoted, slug } from '../support/kinds'

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let sql: Sql
let databases = 0
afterEach(() => sql.end())

const open = async (kind: Kind) => {
  sql = await kindDatabase(server, `a${databases++}`, kind)
}
const look = async (kind: Kind, check: string) => named(await checkKind(sql, kind), check)

/** A trigger of the application that counts its rows. */
const APPLICATIONS_COUNTER = (column: string, table: string, rows: string) => `
  create function mine() returns trigger language plpgsql as
    $$ begin update ${table} set ${column} = ${column} + 1; return null; end $$;
  create trigger mine after insert on ${rows} for each row execute function mine()`

describe('a trigger of the application that counts', () => {
  it('is harmless in shadow mode, and a failure once that has ended', async () => {
    await open(article)
    await sql.unsafe(APPLICATIONS_COUNTER('like_count', 'articles', 'article_likes'))
    await sql.unsafe(kindSql(article, { shadow: true }))
    expect(await look(article, 'other triggers')).toMatchObject({
      verdict: 'warn',
      found:
        'mine on article_likes, which names articles.like_count: harmless until shadow mode of the kind article ends',
      fix: expect.stringContaining('migration without --shadow'),
    })
    await sql.unsafe(kindSql(article))
    expect(await look(article, 'other triggers')).toMatchObject({ verdict: 'fail' })
  })
})

describe('a kind in shadow mode that lacks something', () => {
  it.each([
    ['functions', 'drop function onecount_article_hydrate', 'missing: onecount_article_hydrate'],
    ['indexes', 'drop index onecount_article_log_pair_idx', 'missing: onecount_article_log_pair_idx'],
    [
      'triggers',
      'alter table articles disable trigger onecount_article_annul_count',
      'disabled: onecount_article_annul_count on articles',
    ],
  ])('%s: what the advice prints keeps shadow mode', async (check, damage, found) => {
    await open(article)
    await sql.unsafe(kindSql(article, { shadow: true }))
    expect((await checkKind(sql, article)).filter(({ verdict }) => verdict === 'fail')).toEqual([])
    await sql.unsafe(damage)
    expect(await look(article, check)).toMatchObject({
      verdict: 'fail',
      found,
      fix: 'apply what npx onecount migration --kind article --shadow prints; it can be applied again',
    })
    await sql.unsafe(kindSql(article, { shadow: true }))
    expect(await look(article, check)).toMatchObject({ verdict: 'ok' })
    // Old code goes on counting, and changes nothing.
    await sql.unsafe(`insert into articles (id) values (77);
      insert into article_likes (article_id, user_id) values (77, '11111111-1111-4111-8111-111111111111');
      update articles set like_count = like_count + 1 where id = 77`)
    expect([...(await sql`select like_count from articles where id = 77`)]).toEqual([{ like_count: 1 }])
  })
})

describe('a finding that the application has to fix', () => {
  it.each(
    titled<[verdict: Finding['verdict'], remedy: string]>([
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
  )('of %s', async (_, kind, check, damage, found, verdict, remedy) => {
    await open(kind)
    expect((await look(kind, check)).verdict).toBe('ok')
    await sql.unsafe(damage)
    const finding = await look(kind, check)
    expect(finding.found).toContain(found)
    expect(finding.fix).toContain(remedy)
    expect(finding.verdict).toBe(verdict)
  })

  it('leaves a counter of its own alone where onecount counts in a table of its own', async () => {
    await open(mark)
    await sql.unsafe(APPLICATIONS_COUNTER('like_count', 'articles', 'bookmarks'))
    expect((await look(mark, 'other triggers')).verdict).toBe('ok')
  })
})
