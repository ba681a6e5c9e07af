import { describe, expect, it } from 'vitest'
import { repairPage } from '../../src/cli/connect'
import { NOTHING, repairAll } from '../../src/cli/repair'
import { functionPrefix } from '../../src/postgres/names'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'
import { article, quoted } from '../support/kinds'

const stores = forAllTests(startKindStores)
const repair = (kind = article) =>
  repairAll(
    (name, args) => repairPage(stores.sql, name, args, functionPrefix(kind)),
    { dryRun: false, kind, heldMs: 50 },
    { ...NOTHING },
  )

describe('the advice of the repair of a mapped kind', () => {
  it('is the kind’s own migration where functions are missing', async () => {
    await stores.begin()
    await expect(repair()).rejects.toMatchObject({
      fix: 'apply what npx onecount migration --kind article prints (in shadow mode: with --shadow); it can be applied again',
    })
  })

  it.each([
    [
      article,
      'article_likes',
      `insert into articles (id) values (7);
      insert into article_likes (article_id, user_id) values (7, gen_random_uuid())`,
    ],
    [
      quoted,
      '"Blog"."article likes"',
      `insert into "Blog"."Old.Articles" ("Nr") values (gen_random_uuid());
      insert into "Blog"."article likes" select "Nr", 'ana' from "Blog"."Old.Articles"`,
    ],
  ])('names the table whose rows are held: $1', async (kind, table, rows) => {
    const sql = await stores.begin(kind)
    await sql.unsafe(rows)
    await stores.unnoticed(
      kind,
      `alter table ${table} drop constraint ${functionPrefix(kind)}op_likes;
      update ${table} set onecount_op = -5`,
    )
    const holder = await sql.reserve()
    await holder.unsafe(`begin; select from ${table} for update`)
    await expect(repair(kind)).rejects.toThrow(`has held rows of ${table} for 0.05 s`)
    await holder`rollback`
    holder.release()
    await repair(kind)
    expect([...(await sql.unsafe(`select from ${table} where onecount_op < 0`))]).toEqual([])
  })
})
