import { kindSql } from 'onecount/postgres'
import { describe, expect, it } from 'vitest'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'
import { article, quoted, reaction, uuidOf } from '../support/kinds'

const stores = forAllTests(startKindStores)
const [ANA, ONE] = [uuidOf('ana'), uuidOf('one')]

describe('rows that are there twice', () => {
  it.each([
    [
      article,
      'article_likes',
      `alter table article_likes drop constraint article_likes_pkey;
      insert into articles (id) values (7);
      insert into article_likes (article_id, user_id) select 7, '${ANA}' from generate_series(1, 3)`,
    ],
    [
      quoted,
      '"Blog"."article likes"',
      `alter table "Blog"."article likes" drop constraint "article likes_Article Nr_user_key";
      insert into "Blog"."Old.Articles" ("Nr") values ('${ONE}');
      insert into "Blog"."article likes" select '${ONE}', 'ana' from generate_series(1, 2)`,
    ],
    [
      reaction,
      'comment_reactions',
      `alter table comment_reactions drop constraint comment_reactions_pkey;
      insert into comments (id) values ('${ONE}');
      insert into comment_reactions (comment_id, user_id, emoji)
      values ('${ONE}', 'ana', '👍'), ('${ONE}', 'ana', '👍'), ('${ONE}', 'ana', '🎉')`,
    ],
  ])('stop the migration, whose hint deletes all but one of each', async (kind, table, rows) => {
    const sql = await stores.begin()
    await sql.unsafe(rows)
    const error = await sql.unsafe(kindSql(kind)).then(
      () => null,
      thrown => thrown,
    )
    expect(error).toMatchObject({ code: '23505', message: expect.stringContaining('are there twice') })
    await sql.unsafe(/delete from .*/.exec(error.hint)![0])
    await sql.unsafe(kindSql(kind))
    const left = { article: 1, quoted: 1, reaction: 2 }[kind.name]
    expect(await sql.unsafe(`select from ${table}`)).toHaveLength(left!)
  })
})
