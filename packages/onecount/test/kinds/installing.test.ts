import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type Kind, OnecountError, variantId, variantIds } from 'onecount'
import { kindSql, postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { uninstallSql } from '../../src/postgres/uninstall-sql'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'
import { article, mark, namesOf, quoted, reaction, SCHEMA, slug, sticker, uuidOf } from '../support/kinds'

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let url: string
let sql: Sql
let databases = 0
beforeEach(async () => {
  url = await server.createDatabase(`d${databases++}`)
  sql = connect(url)
  await sql.unsafe(SCHEMA)
})
afterEach(() => sql.end())

const install = (kind: Kind) => sql.unsafe(kindSql(kind))
/** On a connection of its own. */
async function connected<T>(act: (run: Sql) => PromiseLike<T>, notices: string[] = []): Promise<T> {
  const run = connect(url, { max: 1, onnotice: ({ message }) => notices.push(message!) })
  try {
    return await act(run)
  } finally {
    await run.end()
  }
}

const [ANA, BEN] = [uuidOf('ana'), uuidOf('ben')]
const press = (postId: string, sessionId: string, op: number) => ({
  postId,
  sessionId,
  op,
  liked: op % 2 === 1,
})

/** What there is in the catalogue of what the migration of a kind can make, without what differs between databases. */
const catalogue = async () => [
  ...(await sql`select table_schema, table_name, column_name, data_type, column_default, is_nullable
                  from information_schema.columns where table_schema in ('public', 'Blog') order by 1, 2, 3`),
  ...(await sql`select conrelid::regclass::text, conname, pg_get_constraintdef(oid) as def from pg_constraint
                 where conrelid <> 0 and connamespace::regnamespace::text in ('public', '"Blog"') order by 1, 2`),
  ...(await sql`select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) as def
                  from pg_trigger where not tgisinternal order by 1, 2`),
  ...(await sql`select oid::regprocedure::text as name, prosrc, proacl::text from pg_proc
                 where pronamespace = 'public'::regnamespace order by 1`),
  ...(await sql`select tablename, indexname, indexdef from pg_indexes where schemaname in ('public', 'Blog') order by 1, 2`),
  ...(await sql`select relname, relacl::text, relrowsecurity, obj_description(oid, 'pg_class') from pg_class
                 where relkind = 'r' and relnamespace::regnamespace::text in ('public', '"Blog"') order by 1`),
]

describe.each([article, quoted, mark, slug, reaction, sticker])('the migration of the kind $name', kind => {
  it('changes nothing when it is run again on a database in use', async () => {
    await install(kind)
    const target = { uuid: ANA, bigint: '7', text: 'a' }[kind.target.id]
    const { content, id: column } = namesOf(kind)
    await sql.unsafe(`insert into ${content} (${column}) values ('${target}')`)
    const port = postgresJsPort(sql, { kind })
    const [id] = variantIds(kind, [target]) as [string]
    await port.sync({ partition: 0, parent: '', nonce: 'n', entries: [], limit: 1 })
    expect(await port.write([press(id, ANA, 3590000000000003)], 1795000000000001)).toMatchObject([
      { status: 'applied', state: { postId: id, count: 1, liked: true } },
    ])
    const before = [await catalogue(), await port.status(0), await port.posts(null, 9)]
    await install(kind)
    expect([await catalogue(), await port.status(0), await port.posts(null, 9)]).toEqual(before)
  })

  it('leaves one and the same when two processes and six connections run it at once', async () => {
    const run = `
      import { readFileSync } from 'node:fs'
      import postgres from 'postgres'
      const sql = postgres(process.env.DATABASE, { max: 1, onnotice() {} })
      await sql.unsafe(readFileSync(0, 'utf8'))
      await sql.end()`
    const env = { ...process.env, DATABASE: url }
    const processes = [1, 2].map(() => {
      const ended = promisify(execFile)(process.execPath, ['--input-type=module', '-e', run], { env })
      // It is longer than a variable of the environment may be.
      ended.child.stdin?.end(kindSql(kind))
      return ended
    })
    const connections = Array.from({ length: 6 }, () => connect(url, { max: 1 }))
    await Promise.all([...processes, ...connections.map(other => other.unsafe(kindSql(kind)))])
    await Promise.all(connections.map(other => other.end()))
    const atOnce = await catalogue()
    await sql.end()
    sql = connect(await server.createDatabase(`d${databases++}`))
    await sql.unsafe(SCHEMA)
    await install(kind)
    expect(atOnce).toEqual(await catalogue())
  })
})

describe('a kind of an application that is in use', () => {
  beforeEach(async () => {
    await sql`insert into articles (id, title, like_count) values (1, 'Oso', 446), (9007199254740993, 'Zorro', 0)`
    await sql`insert into article_likes (article_id, user_id) values (1, ${ANA}), (1, ${BEN})`
    await sql`insert into bookmarks (article_id, user_id) values (1, 'ana'), (1, 'ben'), (9007199254740993, 'ana')`
  })

  it('counts on from its count, and knows who has liked before', async () => {
    await install(article)
    const port = postgresJsPort(sql, { kind: article })
    const query = { partition: 0, postIds: ['1'], sessionId: ANA, pairs: [], most: 10 }
    expect(await port.snapshot(query)).toMatchObject({
      posts: [{ postId: '1', likes: 446, rev: 0 }],
      session: { extent: 'all', ops: [{ postId: '1', op: 3 }] },
    })
    const now = Date.now() * 1000
    const results = []
    for (const write of [
      press('1', uuidOf('eva'), 2 * now + 1),
      press('1', ANA, 2 * now),
      press('1', BEN, 2 * now + 1),
    ])
      results.push(...(await port.write([write], now)))
    expect(results).toMatchObject([447, 446, 446].map(count => ({ state: { count } })))
    expect([...(await sql`select id::text, title, like_count from articles order by 1`)]).toEqual([
      { id: '1', title: 'Oso', like_count: 446 },
      { id: '9007199254740993', title: 'Zorro', like_count: 0 },
    ])
  })

  it('has the number of its rows as its count where there is no column of it', async () => {
    await install(mark)
    await sql`insert into articles (id) values (2)`
    const port = postgresJsPort(sql, { kind: mark })
    expect(await port.likes(null, 9)).toEqual([
      { postId: '1', likes: 2 },
      { postId: '2', likes: 0 },
      { postId: '9007199254740993', likes: 1 },
    ])
    expect(
      await sql`select column_name from information_schema.columns where table_name = 'articles'`,
    ).toHaveLength(3)
  })

  it('stands beside another one on the same table', async () => {
    await install(article)
    await install(mark)
    const [likes, marks] = [article, mark].map(kind => postgresJsPort(sql, { kind })) as [Port, Port]
    const now = Date.now() * 1000
    await likes.write([press('1', uuidOf('eva'), 2 * now + 1)], now)
    await marks.write([press('1', 'fay', 2 * now + 1), press('1', 'gus', 2 * now + 1)], now)
    expect((await likes.peek(['1'], null))[0]).toMatchObject({ count: 447 })
    expect((await marks.peek(['1'], null))[0]).toMatchObject({ count: 4 })
    const settings = await sql.begin(async tx => {
      await tx`delete from articles where id = 1`
      return tx`select current_setting('enable_seqscan') as seqscan, current_setting('plan_cache_mode') as plans`
    })
    expect([...settings]).toEqual([{ seqscan: 'on', plans: 'auto' }])
    expect([await likes.ratings(null, 9), await marks.ratings(null, 9)]).toMatchObject([
      [],
      [{ postId: '9007199254740993', sessionId: 'ana' }],
    ])
  })

  it('may be inserted, updated and deleted by other code in one transaction', async () => {
    await install(article)
    await install(mark)
    await sql.begin(async tx => {
      await tx`insert into article_likes (article_id, user_id) values (1, ${uuidOf('eva')})`
      await tx`insert into bookmarks (article_id, user_id) values (1, 'eva')`
      await tx`delete from bookmarks where user_id = 'ben'`
    })
    const [likes, marks] = [article, mark].map(kind => postgresJsPort(sql, { kind })) as [Port, Port]
    expect((await likes.peek(['1'], uuidOf('eva')))[0]).toMatchObject({ count: 447, liked: true })
    expect((await marks.peek(['1'], 'ben'))[0]).toMatchObject({ count: 2, liked: false })
  })

  it('takes integer ids and names of varying length as well', async () => {
    await sql.unsafe(`
      create table notes (id integer primary key, stars integer not null default 0);
      create table stars (note integer not null references notes on delete cascade, who varchar(64) not null,
        created_at timestamptz not null default now(), primary key (note, who));
      insert into notes values (7, 1);
      insert into stars (note, who) values (7, 'ana')`)
    const kind: Kind = {
      ...mark,
      name: 'star',
      keyPrefix: 'star:',
      target: { schema: 'public', table: 'notes', id: 'bigint', column: 'id', count: 'stars' },
      rows: {
        schema: 'public',
        table: 'stars',
        target: 'note',
        actor: 'who',
        actorType: 'text',
        createdAt: 'created_at',
      },
    }
    await install(kind)
    const port = postgresJsPort(sql, { kind })
    await port.sync({ partition: 0, parent: '', nonce: 'first', entries: [], limit: 1 })
    const { receipt } = await port.status(0)
    const entries = [
      { ...press('7', 'ben', 3590000000000003), rev: 5 },
      { ...press('7', 'ana', 3590000000000002), rev: 5 },
    ]
    expect(
      await port.sync({ partition: 0, parent: receipt!, nonce: 'second', entries, limit: 9 }),
    ).toMatchObject({
      status: 'applied',
      posts: [{ postId: '7', likes: 1 }],
    })
    await sql`insert into stars (note, who) values (7, 'eva')`
    expect(await port.peek(['7'], 'eva')).toMatchObject([{ count: 2, liked: true }])
    await sql`delete from notes`
    expect(await port.ratings(null, 9)).toEqual([])
  })
})

type Port = ReturnType<typeof postgresJsPort>

describe('a kind with variants of an application that is in use', () => {
  const [ONE, TWO] = [ANA, BEN]
  const of = (...variants: string[]): Kind => ({ ...reaction, variants })
  const port = (kind: Kind) => postgresJsPort(sql, { kind })
  const likesOf = async (kind: Kind) =>
    (await port(kind).likes(null, 9)).map(({ postId, likes }) => [postId, likes])
  /** As Redis leaves it: something has drained. */
  const begin = () => port(reaction).sync({ partition: 0, parent: '', nonce: 'n', entries: [], limit: 1 })
  beforeEach(async () => {
    await sql`insert into comments (id) values (${ONE}), (${TWO})`
    await sql`insert into comment_reactions (comment_id, user_id, emoji) values
      (${ONE}, 'ana', '👍'), (${ONE}, 'ana', '🎉'), (${ONE}, 'ben', '👍'), (${TWO}, 'ana', '🐻')`
  })

  it('counts the rows of each variant, and knows who has given which', async () => {
    await install(of('👍', '🎉'))
    expect(await likesOf(reaction)).toEqual([
      [variantId(ONE, '🎉'), 1],
      [variantId(ONE, '👍'), 2],
      [variantId(TWO, '🎉'), 0],
      [variantId(TWO, '👍'), 0],
    ])
    const ids = variantIds(of('👍', '🎉'), [ONE])
    const peeked = await port(reaction).peek(ids, 'ben')
    expect(new Map(peeked.map(({ postId, count, liked }) => [postId, [count, liked]]))).toEqual(
      new Map([
        [variantId(ONE, '👍'), [2, true]],
        [variantId(ONE, '🎉'), [1, false]],
      ]),
    )
  })

  it('leaves rows of other variants as they are, and says so', async () => {
    const notices: string[] = []
    const loud = connect(url, { max: 1, onnotice: ({ message }) => notices.push(message!) })
    await loud.unsafe(kindSql(of('👍', '🎉')))
    await loud.end()
    expect(notices).toContainEqual(
      'comment_reactions has rows of variants that the kind reaction does not have, and they are not counted: 🐻',
    )
    await sql`insert into comment_reactions (comment_id, user_id, emoji) values (${ONE}, 'eva', '🐻')`
    await sql`update comment_reactions set emoji = '👎' where user_id = 'eva'`
    const all = { partition: 0, postIds: [], sessionId: 'ana', pairs: [], most: 10 }
    expect((await port(reaction).snapshot(all)).session?.ops.map(({ postId }) => postId)).toEqual([
      variantId(ONE, '🎉'),
      variantId(ONE, '👍'),
    ])
    expect(await port(reaction).session('eva', null, 9)).toEqual([])
    expect(await port(reaction).ratings(null, 9)).toHaveLength(3)
    expect(await port(reaction).status(0)).toMatchObject({ unseen: 0 })
    expect(await sql`select from comment_reactions`).toHaveLength(5)
    // One that becomes a variant of the kind is a like from then on.
    await sql`update comment_reactions set emoji = '🎉' where user_id = 'eva'`
    expect((await port(reaction).peek([variantId(ONE, '🎉')], 'eva'))[0]).toMatchObject({
      count: 2,
      liked: true,
    })
  })

  it('counts the rows of a variant that is added later, and Redis begins anew', async () => {
    await install(of('👍'))
    await begin()
    const { receipt } = await port(reaction).status(0)
    await install(of('👍'))
    expect(await port(reaction).status(0)).toMatchObject({ receipt })
    await install(of('👍', '🐻'))
    expect((await port(reaction).status(0)).receipt).not.toBe(receipt)
    expect(await likesOf(reaction)).toEqual([
      [variantId(ONE, '🐻'), 0],
      [variantId(ONE, '👍'), 2],
      [variantId(TWO, '🐻'), 1],
      [variantId(TWO, '👍'), 0],
    ])
    await sql`insert into comments (id) values (${uuidOf('new')})`
    expect(await port(reaction).peek(variantIds(of('👍', '🐻'), [uuidOf('new')]), null)).toHaveLength(2)
  })

  it('forgets the count of a variant that is removed, and keeps its rows', async () => {
    await install(of('👍', '🎉'))
    await begin()
    const { receipt } = await port(reaction).status(0)
    await install(of('🎉'))
    expect((await likesOf(reaction)).map(([id]) => id)).toEqual([variantId(ONE, '🎉'), variantId(TWO, '🎉')])
    const after = await port(reaction).status(0)
    expect(after).toMatchObject({ unseen: 0 })
    expect(after.receipt).not.toBe(receipt)
    expect(await sql`select from comment_reactions`).toHaveLength(4)
    await install(of('👍', '🎉'))
    expect(await likesOf(reaction)).toContainEqual([variantId(ONE, '👍'), 2])
    await sql`delete from comments where id = ${TWO}`
    expect(await port(reaction).status(0)).toMatchObject({ unseen: 2 })
  })

  it('takes targets that are texts, and columns with collations of their own', async () => {
    await sql.unsafe(`
      create table pins (
        page varchar(60) collate "en-x-icu" not null references pages on delete cascade, who text not null,
        label text collate "de-x-icu" not null, created_at timestamptz not null default now());
      alter table pages alter column slug type text collate "en-x-icu";
      insert into pages (slug) values ('b'), ('A'), ('a:1');
      insert into pins (page, who, label) values ('a:1', 'ana', 'Ä'), ('A', 'ana', 'z')`)
    const pin: Kind = {
      ...reaction,
      name: 'pin',
      variants: ['z', 'Ä'],
      target: { ...reaction.target, table: 'pages', id: 'text', column: 'slug' },
      rows: { ...reaction.rows, table: 'pins', target: 'page', actor: 'who', variant: 'label' },
    }
    await install(pin)
    await install(pin)
    expect(await likesOf(pin)).toEqual([
      ['A~z', 1],
      ['A~Ä', 0],
      ['a:1~z', 0],
      ['a:1~Ä', 1],
      ['b~z', 0],
      ['b~Ä', 0],
    ])
    const now = Date.now() * 1000
    await port(pin).write([press('b~Ä', 'ana', 2 * now + 1), press('A~z', 'ana', 2 * now)], now)
    await sql`update pins set label = 'z' where page = 'a:1'`
    expect((await port(pin).session('ana', null, 9)).map(({ postId }) => postId)).toEqual(['a:1~z', 'b~Ä'])
    const peeked = await port(pin).peek(['a:1~z', 'A~z'], 'ana')
    expect(new Map(peeked.map(({ postId, count }) => [postId, count]))).toEqual(
      new Map([
        ['a:1~z', 1],
        ['A~z', 0],
      ]),
    )
    expect(await port(pin).removePost('b~z')).toBe(true)
    expect(await likesOf(pin)).toHaveLength(4)
  })

  it.each([
    ['a column that is not there', { variant: 'reaction' }, 'not there: reaction of comment_reactions'],
    ['a column of another type', { variant: 'created_at' }, 'needs created_at of comment_reactions as text'],
  ])('%s is refused', async (_, rows, message) => {
    await expect(install({ ...reaction, rows: { ...reaction.rows, ...rows } })).rejects.toThrow(message)
  })

  it('an enumeration is refused, and rows without a variant', async () => {
    await sql.unsafe(`
      create type emoji as enum ('👍', '🎉', '🐻');
      alter table comment_reactions drop constraint comment_reactions_pkey;
      alter table comment_reactions alter column emoji drop not null`)
    await expect(install(reaction)).rejects.toThrow('needs emoji of comment_reactions to be not null')
    await sql.unsafe(`alter table comment_reactions alter column emoji type emoji using emoji::emoji`)
    await expect(install(reaction)).rejects.toThrow(
      'needs emoji of comment_reactions as text or character varying, and it is emoji',
    )
  })

  it('rows that may be of one variant a person are refused, with the index that says so', async () => {
    await sql.unsafe(`
      delete from comment_reactions where emoji = '🎉';
      create unique index one_each on comment_reactions (user_id, comment_id)`)
    await expect(install(reaction)).rejects.toThrow(
      'comment_reactions has the unique index one_each, so a person can give a target one variant alone',
    )
  })

  it('rows that are there twice are refused', async () => {
    await sql.unsafe(`alter table comment_reactions drop constraint comment_reactions_pkey`)
    await sql`insert into comment_reactions (comment_id, user_id, emoji) values (${ONE}, 'ana', '👍')`
    await expect(install(reaction)).rejects.toMatchObject({ code: '23505' })
  })

  it('a name that a kind without variants uses is refused', async () => {
    await install(article)
    await expect(install({ ...reaction, name: 'article' })).rejects.toThrow('was made for other tables')
  })
})

describe('the rights of roles', () => {
  const as = <T>(role: string, work: (tx: Sql) => Promise<T>): Promise<unknown> =>
    sql.begin(async tx => {
      await tx.unsafe(`set local role ${role}`)
      return work(tx as unknown as Sql)
    })
  beforeEach(async () => {
    await sql.unsafe(`
      grant all on articles, article_likes to authenticated;
      create policy "edits" on articles for all using (true);
      insert into articles (id) values (1)`)
    await install(article)
    await install(mark)
  })

  it.each(['anon', 'authenticated'])('the role %s calls no function and reads no bookkeeping', async role => {
    const denied = { code: '42501' }
    await expect(as(role, tx => tx`select public.onecount_article_peek('{1}', null)`)).rejects.toMatchObject(
      denied,
    )
    for (const table of ['article_log', 'article_tombstones', 'mark_counts', 'mark_receipt'])
      await expect(as(role, tx => tx.unsafe(`select * from onecount_${table}`))).rejects.toMatchObject(denied)
    await expect(as(role, tx => tx`update articles set like_count = 9`)).rejects.toMatchObject(denied)
  })

  it('people go on writing the rows and the targets of an application as its policies say', async () => {
    await as('authenticated', tx => tx`insert into article_likes (article_id, user_id) values (1, ${ANA})`)
    await as('authenticated', tx => tx`insert into articles (id, title) values (2, 'new')`)
    expect([...(await sql`select id::int, like_count from articles order by 1`)]).toMatchObject([
      { id: 1, like_count: 1 },
      { id: 2, like_count: 0 },
    ])
    expect(await sql`select * from onecount_mark_counts`).toHaveLength(2)
  })

  it('the service role counts', async () => {
    const [row] = (await as(
      'service_role',
      tx => tx`select public.onecount_article_peek('{1}', null) as reply`,
    )) as [{ reply: unknown }]
    expect(row.reply).toMatchObject([{ post: '1', count: 0 }])
  })
})

describe('a mapping that does not fit', () => {
  const withRows = (rows: Partial<Kind['rows']>): Kind => ({ ...article, rows: { ...article.rows, ...rows } })
  const withTarget = (target: Partial<Kind['target']>): Kind => ({
    ...article,
    target: { ...article.target, ...target },
  })

  it.each([
    ['a table that is not there', withRows({ table: 'likes' }), 'relation "public.likes" does not exist'],
    [
      'a column that is not there',
      withRows({ actor: 'person' }),
      'a column that is not there: person of article_likes',
    ],
    ['ids of another type', withTarget({ id: 'uuid' }), 'needs id of articles as uuid, and it is bigint'],
    [
      'a count that is not there',
      withTarget({ count: 'likes' }),
      'names a column that is not there: likes of articles (kinds.article.target.count)',
    ],
    [
      'a count that is no number',
      withTarget({ count: 'title' }),
      'the kind article needs title of articles as bigint or integer or smallint or numeric, and it is text (kinds.article.target.count)',
    ],
    [
      'a time that is not there',
      withRows({ createdAt: 'liked_at' }),
      'not there: liked_at of article_likes (kinds.article.rows.createdAt)',
    ],
    [
      'a time that is none',
      {
        ...reaction,
        rows: { ...reaction.rows, variant: 'user_id', actor: 'emoji', createdAt: 'comment_id' },
      },
      'and it is uuid (kinds.reaction.rows.createdAt)',
    ],
    ['actors of another type', withRows({ actorType: 'text' }), 'needs user_id of article_likes as text'],
  ])('%s is refused by its name, and nothing is left behind', async (_, kind, message) => {
    const before = await catalogue()
    await expect(install(kind)).rejects.toThrow(message)
    expect(await catalogue()).toEqual(before)
  })

  it.each([article, mark])('a target without a key is refused by the kind $name', async kind => {
    await sql`alter table articles drop constraint articles_pkey cascade`
    await sql`create unique index titled on articles (id) where title <> ''`
    await expect(install(kind)).rejects.toThrow(
      `the kind ${kind.name} needs id of articles to be unique (kinds.${kind.name}.target.column)`,
    )
    await sql`create unique index articles_id on articles (id)`
    await install(kind)
  })

  it('rows whose actor may be null are refused', async () => {
    await sql`alter table bookmarks alter column user_id drop not null`
    await expect(install(mark)).rejects.toThrow('needs user_id of bookmarks to be not null')
  })

  it('ids that no key can hold are refused', async () => {
    await sql`insert into pages (slug) values ('a|b')`
    await expect(install(slug)).rejects.toThrow('onecount_slug_id_is_a_key')
  })

  it('a name that a kind of other tables uses is refused', async () => {
    await install(article)
    await expect(install({ ...mark, name: 'article' })).rejects.toThrow(
      'the kind article of this database was made for other tables: public.articles (id bigint, like_count)',
    )
  })

  it('rows without a unique index get one, and rows that are there twice are refused', async () => {
    await sql`alter table bookmarks drop constraint bookmarks_article_id_user_id_key`
    await sql`insert into articles (id) values (1)`
    await sql`insert into bookmarks (article_id, user_id) values (1, 'ana'), (1, 'ana')`
    await expect(install(mark)).rejects.toMatchObject({ code: '23505' })
    await sql`delete from bookmarks where id = 1`
    await install(mark)
    const indexes = await sql`select indexdef from pg_indexes where indexname = 'onecount_mark_pair_idx'`
    expect(indexes[0]!.indexdef).toContain('UNIQUE')
  })

  it('an index that could not be built concurrently is made anew', async () => {
    await sql`alter table bookmarks drop constraint bookmarks_article_id_user_id_key`
    await sql`insert into articles (id) values (1)`
    await sql`insert into bookmarks (article_id, user_id) values (1, 'ana'), (1, 'ana')`
    const build = sql`create unique index concurrently onecount_mark_pair_idx on bookmarks (article_id, user_id)`
    await expect(build).rejects.toMatchObject({ code: '23505' })
    await sql`delete from bookmarks where id = 1`
    await install(mark)
    const index = sql`select indisvalid from pg_index where indexrelid = 'onecount_mark_pair_idx'::regclass`
    expect(await index).toEqual([{ indisvalid: true }])
  })

  it('a key of the pair that is checked later is refused', async () => {
    await sql`alter table bookmarks drop constraint bookmarks_article_id_user_id_key`
    await sql`alter table bookmarks add constraint later unique (article_id, user_id) deferrable`
    await expect(install(mark)).rejects.toThrow('the key later of bookmarks is deferrable')
  })

  it.each<[string, Kind, string, string]>([
    [
      'of rows',
      article,
      `alter table article_likes drop created_at, add created_at timestamptz generated always as (timestamptz 'epoch') stored`,
      'the column created_at of article_likes (kinds.article.rows.createdAt)',
    ],
    [
      'of rows, an identity',
      article,
      `drop table article_likes; create table article_likes (article_id bigint generated always as identity,
         user_id uuid not null, created_at timestamptz not null default now(), primary key (user_id, article_id))`,
      'the column article_id of article_likes (kinds.article.rows.target)',
    ],
    [
      'of the count',
      article,
      'alter table articles drop like_count, add like_count integer generated always as (0) stored',
      'the column like_count of articles (kinds.article.target.count)',
    ],
  ])(
    'a column that PostgreSQL computes is refused until it is an ordinary one: %s',
    async (_, kind, change, column) => {
      await connected(run => run.unsafe(change))
      const refusal = (await install(kind).catch(error => error)) as Error & { hint: string }
      expect(refusal.message).toContain(`cannot write ${column}: PostgreSQL computes it`)
      await connected(run => run.unsafe(refusal.hint.replace('Make it an ordinary column: ', '')))
      await install(kind)
      await sql`insert into articles (id) values (1)`
      const answered = postgresJsPort(sql, { kind }).write([press('1', ANA, 3590000000000003)], 1)
      expect(await answered).toMatchObject([{ status: 'applied' }])
    },
  )

  it('a transaction that does not see what others commit meanwhile is refused', async () => {
    const text = `begin isolation level repeatable read; ${kindSql(mark)}; commit`
    await expect(connected(run => run.unsafe(text))).rejects.toMatchObject({
      message: 'the kind mark is made under read committed, and this transaction is repeatable read',
      hint: 'Begin with: set transaction isolation level read committed',
    })
  })

  it('a target without a primary key is not published, as its updates would be refused', async () => {
    await sql`alter table articles drop constraint articles_pkey cascade`
    await sql`alter table articles add unique (id)`
    const notices: string[] = []
    await connected(run => run.unsafe(kindSql(article)), notices)
    expect(notices).toContainEqual(expect.stringContaining('does not publish articles'))
    await sql`insert into articles (id) values (1)`
    await sql`update articles set title = 'x'`
    await sql`insert into article_likes values (1, ${ANA})`
    await sql`delete from articles`
  })

  it('the owner of the tables may apply it, without a right on the database', async () => {
    await sql.unsafe(`
      do $$ begin create role owner_of_tables nologin; exception when duplicate_object then null; end $$;
      grant all on schema public to owner_of_tables;
      alter table articles owner to owner_of_tables;
      alter table article_likes owner to owner_of_tables`)
    const notices: string[] = []
    await connected(run => run.unsafe(`set role owner_of_tables; ${kindSql(article)}`), notices)
    expect(notices).toContainEqual(expect.stringContaining('permission denied for database'))
    await sql`insert into articles (id) values (1)`
    const answered = postgresJsPort(sql, { kind: article }).write([press('1', ANA, 3590000000000003)], 1)
    expect(await answered).toMatchObject([{ status: 'applied' }])
    await connected(run => run.unsafe(`set role owner_of_tables; ${uninstallSql(article)}`))
  })

  it('a trigger of the application that may count as well is named', async () => {
    const notices: string[] = []
    const loud = connect(url, { max: 1, onnotice: ({ message }) => notices.push(message!) })
    await loud.unsafe(`
      create function count_likes() returns trigger language plpgsql as 'begin return null; end';
      create trigger count_likes after insert on article_likes for each row execute function count_likes()`)
    await loud.unsafe(kindSql(article))
    await loud.end()
    expect(notices).toContainEqual(expect.stringContaining('article_likes has the trigger count_likes'))
  })

  it('a count is changed by onecount alone in shadow mode, or with its revision, until it ends', async () => {
    const notices: string[] = []
    const loud = connect(url, { max: 1, onnotice: ({ message }) => notices.push(message!) })
    const change = async (statement: string) => {
      await loud.unsafe(statement)
      return (await loud`select title, like_count from articles where id = 1`)[0]
    }
    await loud`insert into articles (id, like_count) values (1, 446)`
    await loud.unsafe(kindSql(article, { shadow: true }))
    await loud.unsafe(kindSql(article, { shadow: true }))
    expect(await change(`insert into article_likes values (1, '${ANA}')`)).toMatchObject({ like_count: 447 })
    expect(await change(`update articles set title = 'x', like_count = like_count + 1`)).toEqual({
      title: 'x',
      like_count: 447,
    })
    for (const count of ['null', '-1', '0', '447'])
      expect(await change(`update articles set like_count = ${count}`)).toMatchObject({ like_count: 447 })
    expect(
      await change(`update articles set like_count = 500, onecount_article_rev = onecount_article_rev + 1`),
    ).toMatchObject({ like_count: 500 })
    const ofShadow = () => notices.filter(notice => notice.startsWith('shadow mode'))
    expect(ofShadow()).toEqual([])
    await loud.unsafe(kindSql(article))
    await loud.unsafe(kindSql(article))
    expect(ofShadow()).toEqual([expect.stringContaining('of the kind article has ended')])
    expect(await change(`update articles set like_count = like_count + 1`)).toMatchObject({ like_count: 501 })
    await loud.end()
  })

  it('triggers of the application name its tables as its code does, whichever role writes', async () => {
    await sql.unsafe(`
      create table notes (text text);
      create function note() returns trigger language plpgsql as $$
      begin insert into notes values (tg_op || ' ' || tg_table_name); return null; end $$;
      create trigger note after insert or update or delete on article_likes for each row execute function note();
      create trigger note after update on articles for each row execute function note();
      insert into articles (id) values (1)`)
    await install(article)
    const { createOnecount } = await import('onecount')
    const onecount = createOnecount({ redis: null, postgres: postgresJsPort(sql, { kind: article }) })
    await onecount.set('1', ANA, true)
    await onecount.set('1', ANA, false)
    await sql`insert into article_likes values (1, ${ANA})`
    await sql`delete from article_likes`
    await onecount.removePost('1')
    const notes = (await sql`select text, count(*)::int as n from notes group by 1 order by 1`).map(row => [
      row.text,
      row.n,
    ])
    expect(notes).toEqual([
      ['DELETE article_likes', 2],
      ['INSERT article_likes', 2],
      ['UPDATE article_likes', 1],
      ['UPDATE articles', 4],
    ])
  })

  it('is said by the engine before Postgres where an id is malformed', async () => {
    const { createOnecount } = await import('onecount')
    const onecount = createOnecount({ redis: null, postgres: postgresJsPort(sql, { kind: article }) })
    for (const id of ['01', '+1', '1.0', '9223372036854775808', 'a', '-0', ''])
      await expect(onecount.set(id, ANA, true)).rejects.toThrow(OnecountError)
    for (const actor of ['ana', ANA.toUpperCase(), '00000000-0000-0000-0000-000000000000'])
      await expect(onecount.set('1', actor, true)).rejects.toMatchObject({ code: 'invalid_session' })
  })
})
