import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApplication, type TestApplication } from '../support/application'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let databases = 0
let DATABASE_URL: string
let app: TestApplication
beforeEach(async () => {
  DATABASE_URL = await server.createDatabase(`again${databases++}`)
  await change(`
    create table articles (id bigint primary key, slug text, like_count integer not null default 0, rating real);
    create table article_likes (article_id bigint not null references articles, user_id uuid not null,
      created_at timestamptz not null default now(), primary key (article_id, user_id));
    create table reactions (article_id bigint not null, user_id uuid not null, emoji text not null,
      created_at timestamptz not null default now(), primary key (article_id, user_id, emoji));
    create table claps (like reactions including all);
    create view liked as select * from articles`)
  app = await createApplication()
})
afterEach(() => app.remove())

async function change(text: string): Promise<void> {
  const sql = connect(DATABASE_URL, { max: 1 })
  await sql.unsafe(text)
  await sql.end()
}

const KINDS = `like: {
  target: { table: 'articles', id: 'bigint', count: 'like_count' },
  rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
  actor: 'uuid',
},
reaction: {
  target: { table: 'articles', id: 'bigint' },
  variants: ['👍', '🎉'],
  rows: { table: 'reactions', target: 'article_id', actor: 'user_id', variant: 'emoji' },
  actor: 'uuid',
},`
const writeConfig = (kinds: string) =>
  app.write('onecount.config.mjs', `export default { kinds: { ${kinds} } }\n`)

describe('npx onecount init with a configuration that is there', { timeout: 60_000 }, () => {
  it('says of each kind that it fits, before its migration is applied and after', async () => {
    await writeConfig(KINDS)
    for (const isApplied of [false, true]) {
      if (isApplied) await change(await app.read((await app.migrations())[0]!))
      const { code, out, err } = await app.init([], { DATABASE_URL })
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(out).toContain('like: fits the database')
      expect(out).toContain('reaction: fits the database')
    }
  })

  it('says that it could not look where there is no database', async () => {
    await writeConfig(KINDS)
    const { code, out } = await app.init([])
    expect(code).toBe(0)
    expect(out).toContain('DATABASE_URL is not set: the tables of onecount.config.mjs were not looked at')
  })

  it.each([
    [`table: 'articles'`, `table: 'Articles'`, 'kinds.like.target.table: Articles is not in the database'],
    [`table: 'articles'`, `table: 'liked'`, 'kinds.like.target.table: liked is a view; name a table'],
    [`id: 'bigint'`, `id: 'uuid'`, 'kinds.like.target.id: articles.id is bigint, not uuid'],
    [`'like_count'`, `'likes'`, 'kinds.like.target.count: there is no column articles.likes'],
    [`'like_count'`, `'rating'`, 'kinds.like.target.count: articles.rating is real, not bigint'],
    [`'article_id'`, `'article'`, 'kinds.like.rows.target: there is no column article_likes.article'],
    [`actor: 'uuid'`, `actor: 'text'`, 'kinds.like.actor: article_likes.user_id is uuid, not text'],
    [
      `id: 'bigint'`,
      `id: 'text', column: 'slug'`,
      'kinds.like.target.id: article_likes.article_id is bigint',
    ],
    [`'article_likes'`, `'claps'`, 'kinds.like.rows: claps can have several rows of a person'],
  ])('with %s as %s names the field, and writes nothing', async (from, to, message) => {
    await writeConfig(KINDS.replace(from, to))
    const before = await app.snapshot()
    const { code, err } = await app.init([], { DATABASE_URL })
    expect(err).toContain(message)
    expect(code).toBe(2)
    expect(await app.snapshot()).toEqual(before)
  })

  it('names what the tables lack since, of every kind', async () => {
    await writeConfig(KINDS)
    expect((await app.init([], { DATABASE_URL })).code).toBe(0)
    await change(`alter table article_likes add column id text not null;
      alter table reactions drop column emoji`)
    const before = await app.snapshot()
    const { code, err } = await app.init([], { DATABASE_URL })
    expect(err).toContain('kinds.like.rows: a press has no value for article_likes.id: alter table')
    expect(err).toContain('kinds.reaction.rows.variant: there is no column reactions.emoji')
    expect(code).toBe(2)
    expect(await app.snapshot()).toEqual(before)
  })
})
