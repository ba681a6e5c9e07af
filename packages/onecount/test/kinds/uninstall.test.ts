import { DEFAULT_KIND_CONFIG, defineConfig, type Kind, type Onecount, variantId } from 'onecount'
import { kindSql, postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { MIGRATIONS } from '../../src/postgres/migrations'
import { functionPrefix, quoteName, quoteTable } from '../../src/postgres/names'
import { uninstallSql } from '../../src/postgres/uninstall-sql'
import { catalogueOf } from '../support/catalogue'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'
import { article, mark, namesOf, quoted, reaction, slug, sticker, targetOf, uuidOf } from '../support/kinds'

const { like } = defineConfig({ kinds: { like: DEFAULT_KIND_CONFIG } }).kinds
const [BEAR, FOX] = ['50050001-aaaa-bbbb-cccc-ddddeeee0001', '50050001-aaaa-bbbb-cccc-ddddeeee0002']

/** The tables of the default kind, as an application has them whose browsers write likes. */
const WRITTEN_BY_BROWSERS = `
  create table posts_new (id uuid primary key, caption text not null default '', likes integer not null default 0);
  create table post_ratings (
    post_id uuid not null references posts_new on delete cascade, session_id text not null,
    created_at timestamptz not null default now(), unique (post_id, session_id));
  create policy "anybody likes" on post_ratings for insert with check (true);
  grant select on posts_new to anon, authenticated;
  grant select, insert, delete on post_ratings to anon, authenticated;
  grant update (created_at), references (post_id) on post_ratings to authenticated;
  grant select on post_ratings to public;
  grant select (caption) on posts_new to service_role;`

/** As Supabase has them: rights by default, row level security, a publication. */
const LIKE_SUPABASE = `${WRITTEN_BY_BROWSERS}
  grant all on posts_new, post_ratings to service_role;
  alter table posts_new enable row level security;
  alter table post_ratings enable row level security;
  create table elsewhere (id uuid primary key);
  create publication supabase_realtime for table posts_new, elsewhere`

const stores = forAllTests(startKindStores)
let sql: Sql
beforeEach(async () => {
  sql = await stores.begin()
})

async function install(kind: Kind): Promise<void> {
  if (!kind.isDefault) await sql.unsafe(kindSql(kind))
  else for (const migration of MIGRATIONS) await sql.unsafe(migration.sql)
}
const uninstall = (kind: Kind) => sql.unsafe(uninstallSql(kind))
const catalogue = () => catalogueOf(sql, ['public', '"Blog"'])

const engine = (kind: Kind): Onecount => stores.instance(kind)

const addTarget = ({ target }: Kind, id: string) =>
  sql.unsafe(`insert into ${quoteTable(target)} (${quoteName(target.column)}) values ('${targetOf(id)}')`)
const addRow = (kind: Kind, id: string, actor: string) => {
  const { rows, columns, pair } = namesOf(kind)
  return sql.unsafe(`insert into ${rows} (${columns}) values (${pair(id, actor)})`)
}
const setCount = ({ target }: Kind, id: string, count: number) =>
  sql.unsafe(
    `update ${quoteTable(target)} set ${quoteName(target.count!)} = ${count} where ${quoteName(target.column)} = '${id}'`,
  )
/** Who likes what, and the count that the application's own table shows. */
async function contentsOf(kind: Kind) {
  const { target, rows } = kind
  const count = target.count === null ? 'null' : quoteName(target.count)
  return {
    counts: await sql.unsafe(
      `select ${quoteName(target.column)}::text as id, ${count}::int as count from ${quoteTable(target)} order by 1`,
    ),
    pairs: (
      await sql.unsafe(
        `select ${namesOf(kind).post}::text || ' ' || ${quoteName(rows.actor)}::text as pair from ${quoteTable(rows)} order by 1`,
      )
    ).map(row => row.pair),
  }
}

interface Case {
  what: string
  kind: Kind
  before: string
  targets: [string, string]
  actor(name: string): string
}
const asIs = (name: string) => name
const CASES: Case[] = [
  { what: 'bigint ids with a count', kind: article, before: '', targets: ['1', '2'], actor: uuidOf },
  { what: 'bigint ids without one', kind: mark, before: '', targets: ['1', '2'], actor: asIs },
  { what: 'ids of text', kind: slug, before: '', targets: ['a', 'b'], actor: asIs },
  { what: 'quoted names in another schema', kind: quoted, before: '', targets: [BEAR, FOX], actor: asIs },
  {
    what: 'variants',
    kind: reaction,
    before: '',
    targets: [variantId(BEAR, '👍'), variantId(FOX, '❤️')],
    actor: asIs,
  },
  {
    what: 'variants, and rows without any index',
    kind: sticker,
    before: '',
    targets: [variantId('1', 'heart'), variantId('2', 'Heart')],
    actor: uuidOf,
  },
  {
    what: 'rows without an index of their own, in a publication',
    kind: mark,
    before: `alter table bookmarks drop constraint bookmarks_article_id_user_id_key;
             create publication supabase_realtime for all tables`,
    targets: ['1', '2'],
    actor: asIs,
  },
  {
    what: 'the default kind, whose rows browsers wrote',
    kind: like,
    before: WRITTEN_BY_BROWSERS,
    targets: [BEAR, FOX],
    actor: asIs,
  },
  {
    what: 'the default kind, as Supabase has it',
    kind: like,
    before: LIKE_SUPABASE,
    targets: [BEAR, FOX],
    actor: asIs,
  },
  {
    what: 'the default kind, with an index that was there',
    kind: like,
    before: `${WRITTEN_BY_BROWSERS} create index post_ratings_session_post_idx on post_ratings (session_id, post_id)`,
    targets: [BEAR, FOX],
    actor: asIs,
  },
]

describe.each(CASES)('uninstall: $what', ({ kind, before, targets: [bear, fox], actor }) => {
  const [ana, ben, eva, fay] = ['ana', 'ben', 'eva', 'fay'].map(actor) as [string, string, string, string]
  beforeEach(async () => {
    await sql.unsafe(before)
    await addTarget(kind, bear)
    await addTarget(kind, fox)
    await addRow(kind, bear, ana)
    if (kind.target.count !== null) {
      await setCount(kind, bear, 446)
      await setCount(kind, fox, 0)
    }
  })

  /** Likes and unlikes by both stores and by hand: ben and eva like the bear, ana does not any more. */
  async function likeAndDrain(): Promise<void> {
    const onecount = engine(kind)
    for (const session of [ben, fay]) await onecount.set(bear, session, true)
    await onecount.set(fox, fay, true)
    await onecount.drainer.flush({ budgetMs: Number.POSITIVE_INFINITY })
    await onecount.set(fox, fay, false)
    await onecount.set(bear, ana, false)
    await onecount.set(bear, fay, false)
    await addRow(kind, bear, eva)
    await onecount.drainer.flush({ budgetMs: Number.POSITIVE_INFINITY })
    expect(await onecount.health()).toMatchObject({ pending: 0, unseen: 0 })
    const now = Date.now() * 1000
    const port = postgresJsPort(sql, kind.isDefault ? {} : { kind })
    await port.write([{ postId: fox, sessionId: ben, op: 2 * now + 1, liked: true }], now)
  }
  const HELD = kind.target.count === null ? [null, null] : [447, 1]
  const expectHeld = async () =>
    expect(await contentsOf(kind)).toEqual({
      counts: [
        { id: targetOf(bear), count: HELD[0] },
        { id: targetOf(fox), count: HELD[1] },
      ],
      pairs: [`${bear} ${ben}`, `${bear} ${eva}`, `${fox} ${ben}`].sort(),
    })

  it('leaves the catalogue as it was before, the rows and counts as they are, and may be run again', async () => {
    const untouched = await catalogue()
    await install(kind)
    expect(await catalogue()).not.toEqual(untouched)
    await likeAndDrain()
    await expectHeld()
    await uninstall(kind)
    expect(await catalogue()).toEqual(untouched)
    await expectHeld()
    await uninstall(kind)
    expect(await catalogue()).toEqual(untouched)
    await expectHeld()
  })

  it('is no end: installed once more it counts on, and goes once more', async () => {
    const untouched = await catalogue()
    await install(kind)
    await likeAndDrain()
    await uninstall(kind)
    await stores.redis.flushall()
    await install(kind)
    await install(kind)
    const onecount = engine(kind)
    const state = await onecount.set(bear, fay, true)
    expect(state).toMatchObject({ count: kind.target.count === null ? 3 : 448, liked: true })
    await onecount.drainer.flush({ budgetMs: Number.POSITIVE_INFINITY })
    await uninstall(kind)
    expect(await catalogue()).toEqual(untouched)
    expect((await contentsOf(kind)).pairs).toContain(`${bear} ${fay}`)
  })

  it('lets the application write its rows and counts as it did', async () => {
    await install(kind)
    await uninstall(kind)
    await addRow(kind, fox, eva)
    if (kind.target.count !== null) await setCount(kind, fox, 1)
    await sql.unsafe(
      `delete from ${quoteTable(kind.target)} where ${quoteName(kind.target.column)} = '${targetOf(bear)}'`,
    )
    expect((await contentsOf(kind)).pairs).toEqual([`${fox} ${eva}`])
    await sql.unsafe(`truncate ${quoteTable(kind.rows)}`)
    expect((await contentsOf(kind)).pairs).toEqual([])
  })
})

const PAIRS: [string, Kind, Kind][] = [
  ['one with a count, then one without', article, mark],
  ['one without a count, then one with', mark, article],
  ['the default kind, then one of your own', like, defineOnPosts()],
  ['one of your own, then the default kind', defineOnPosts(), like],
]

/** Bookmarks of the posts of the default kind. */
function defineOnPosts(): Kind {
  return defineConfig({
    kinds: {
      save: {
        target: { table: 'posts_new', id: 'uuid' },
        rows: { table: 'saves', target: 'post_id', actor: 'who', createdAt: null },
      },
    },
  }).kinds.save
}

describe.each(PAIRS)('uninstall of one kind of two on one table: %s', (_, first, second) => {
  const target = first.target.id === 'uuid' ? BEAR : '1'
  const isOnPosts = first.target.table === 'posts_new'
  const actorOf = (kind: Kind) => (kind.rows.actorType === 'uuid' ? uuidOf('ana') : 'ana')
  beforeEach(async () => {
    if (isOnPosts)
      await sql.unsafe(`${WRITTEN_BY_BROWSERS}
        create table saves (post_id uuid not null references posts_new on delete cascade, who text not null)`)
    await addTarget(first, target)
  })

  it.each([
    ['the first', first, second],
    ['the second', second, first],
  ])('%s goes, the other works on, and goes as well', async (_, going, staying) => {
    const untouched = await catalogue()
    await install(first)
    await install(second)
    for (const kind of [first, second]) await engine(kind).set(target, actorOf(kind), true)
    for (const kind of [first, second])
      await engine(kind).drainer.flush({ budgetMs: Number.POSITIVE_INFINITY })
    await uninstall(going)

    const own = functionPrefix(going)
    const left = await catalogue()
    const functions = left.functions.map(({ name }) => String(name))
    expect(functions.filter(name => name.startsWith(functionPrefix(staying)))).not.toEqual([])
    if (!going.isDefault) expect(JSON.stringify(left)).not.toContain(own)

    const onecount = engine(staying)
    expect((await onecount.read([target], actorOf(staying))).get(target)).toMatchObject({
      count: 1,
      liked: true,
    })
    const other = staying.rows.actorType === 'uuid' ? uuidOf('ben') : 'ben'
    expect(await onecount.set(target, other, true)).toMatchObject({ count: 2, source: 'redis' })
    await sql.unsafe(
      `delete from ${quoteTable(staying.rows)} where ${quoteName(staying.rows.actor)} = '${actorOf(staying)}'`,
    )
    await onecount.drainer.flush({ budgetMs: Number.POSITIVE_INFINITY })
    expect((await onecount.read([target], other)).get(target)).toMatchObject({ count: 1, liked: true })
    const plans = left.triggers.filter(({ tgname }) => /_removal_(begins|ends)$/.test(String(tgname)))
    expect(plans.map(({ tgname }) => tgname)).toEqual(
      ['begins', 'ends'].map(end => `${functionPrefix(staying)}removal_${end}`),
    )
    await install(staying)

    await uninstall(staying)
    expect(await catalogue()).toEqual(untouched)
    expect((await contentsOf(staying)).pairs).toEqual([`${target} ${other}`])
  })
})

describe('uninstall refuses, or says,', () => {
  beforeEach(async () => {
    await sql.unsafe(WRITTEN_BY_BROWSERS)
    await addTarget(like, BEAR)
    await addTarget(article, '1')
  })

  it.each([like, article])('while presses are set aside ($rows.table)', async kind => {
    await install(kind)
    const refused = kind.isDefault ? 'like_refused' : 'onecount_article_refused'
    const [id, who] = kind.isDefault ? [BEAR, 'ana'] : ['1', uuidOf('ana')]
    await sql.unsafe(
      `insert into ${refused} values ('${id}', '${who}', 3590000000000003, '23514', 'too many')`,
    )
    const before = await catalogue()
    await expect(uninstall(kind)).rejects.toThrow(`set aside in ${refused}, and would be lost: 1`)
    expect(await catalogue()).toEqual(before)
    await sql.unsafe(`delete from ${refused}`)
    await uninstall(kind)
  })

  it('a mapping that is not the one of the database', async () => {
    await install(article)
    await expect(uninstall({ ...mark, name: 'article' })).rejects.toThrow(
      'the kind article of this database was made for other tables: public.articles (id bigint, like_count)',
    )
  })

  it('that rights stay where a version before took no note of them', async () => {
    await install(like)
    await sql`comment on table like_receipt is null`
    const notices: string[] = []
    const loud = connect(stores.databaseUrl, { max: 1, onnotice: ({ message }) => notices.push(message!) })
    await loud.unsafe(uninstallSql(like))
    await loud.end()
    expect(notices).toEqual(['there is no note of how the tables were before onecount'])
    const { relations, functions, triggers, rights, publications } = await catalogue()
    expect(JSON.stringify([relations, functions, triggers])).not.toMatch(/onecount|like_(log|receipt)/)
    expect(relations).toContainEqual(expect.objectContaining({ name: 'post_ratings', relrowsecurity: true }))
    expect(rights).not.toContainEqual(expect.objectContaining({ name: 'post_ratings', role: 'anon' }))
    expect(publications).toMatchObject([{ pubname: 'supabase_realtime', table: 'posts_new' }])
  })

  it('nothing where there is nothing, not even the tables', async () => {
    const before = await catalogue()
    await uninstall(like)
    await uninstall(article)
    expect(await catalogue()).toEqual(before)
    await sql`drop table articles, article_likes, bookmarks, posts_new, post_ratings`
    await uninstall(like)
    await uninstall(article)
    await uninstall(mark)
  })
})
