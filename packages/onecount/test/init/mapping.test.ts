import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { DEFAULT_KIND_CONFIG } from 'onecount'
import { beforeAll, describe, expect, it } from 'vitest'
import { type CatalogueTable, readCatalogue } from '../../src/cli/init/catalogue'
import { configText } from '../../src/cli/init/config-file'
import { findCandidates } from '../../src/cli/init/inspect'
import { Ambiguous, check, proposeMapping } from '../../src/cli/init/mapping'
import { migrationSql } from '../../src/cli/migration'
import { kindSql } from '../../src/postgres/kind-sql'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'

const server = forAllTests(() => startPostgresServer({ fsync: false }))

let made = 0
/** What the catalogue of a database with these tables says. */
async function catalogueOf(schema: string) {
  const url = await server.createDatabase(`tables_${++made}`)
  const sql = connect(url, { max: 1 })
  await sql.unsafe(schema)
  await sql.end()
  return { url, catalogue: await readCatalogue(url) }
}

const PEOPLE = 'create table people (id uuid primary key, name text not null);'
const ARTICLES = `${PEOPLE}
  create table articles (id bigint generated always as identity primary key, title text, like_count integer not null default 0);
  create table article_likes (
    article_id bigint not null references articles, user_id uuid not null references people,
    created_at timestamptz not null default now(), primary key (user_id, article_id));`
const LIKE = {
  target: { table: 'articles', id: 'bigint', count: 'like_count' },
  rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
  actor: 'uuid',
}
const BOOKMARKS = `
  create table bookmarks (
    id bigserial primary key, article_id bigint not null references articles, user_id text not null,
    marked_at timestamptz, unique (article_id, user_id));`

describe('a table of likes is found by its name, keys and columns', () => {
  it.each<[string, string, object]>([
    ['with a count and foreign keys', ARTICLES, { like: LIKE }],
    [
      'as Prisma has it, without a foreign key to people',
      `create table "Post" ("id" text primary key, "likesCount" integer);
       create table "PostLike" ("id" serial primary key, "postId" text not null references "Post" ("id"),
         "userId" text not null, "createdAt" timestamp(3) not null default now(), unique ("postId", "userId"));`,
      {
        like: {
          target: { table: 'Post', id: 'text', count: 'likesCount' },
          rows: { table: 'PostLike', target: 'postId', actor: 'userId', createdAt: 'createdAt' },
          actor: 'text',
        },
      },
    ],
    [
      'without any key, by names alone',
      `create table posts (id uuid primary key, favorites integer);
       create table post_favorites (post_id uuid not null, session_id text not null);`,
      {
        favorite: {
          target: { table: 'posts', id: 'uuid', count: 'favorites' },
          rows: { table: 'post_favorites', target: 'post_id', actor: 'session_id', createdAt: null },
          actor: 'text',
        },
      },
    ],
    [
      'in a schema of its own, with another column of the id',
      `create schema blog; create table blog.pages (slug varchar(80) primary key, votes bigint);
       create table blog.page_votes (page text not null references blog.pages (slug), voter_id uuid not null,
         created_at timestamptz, primary key (page, voter_id));`,
      {
        vote: {
          target: { table: 'blog.pages', id: 'text', column: 'slug', count: 'votes' },
          rows: { table: 'blog.page_votes', target: 'page', actor: 'voter_id' },
          actor: 'uuid',
        },
      },
    ],
    [
      'of people who are liked by people',
      `create table profiles (id uuid primary key);
       create table profile_likes (profile_id uuid not null references profiles, user_id uuid not null references profiles,
         created_at timestamptz, primary key (profile_id, user_id));`,
      {
        like: {
          target: { table: 'profiles', id: 'uuid' },
          rows: { table: 'profile_likes', target: 'profile_id', actor: 'user_id' },
          actor: 'uuid',
        },
      },
    ],
    [
      'beside tables of pairs that are none',
      `${ARTICLES} create table follows (follower_id uuid not null references people, followee_id uuid not null
         references people, primary key (follower_id, followee_id));
       create table article_tags (article_id bigint not null references articles, tag text not null);
       create table like_log (post_id uuid not null, session_id text not null);`,
      { like: LIKE },
    ],
  ])('%s', async (_, schema, expected) => {
    const { url, catalogue } = await catalogueOf(schema)
    const mapping = proposeMapping({}, catalogue)
    expect(mapping).toEqual(expected)
    // What was proposed fits: its migration can be applied, and the table is proposed alike afterwards.
    const sql = connect(url, { max: 1 })
    for (const kind of Object.values(check(mapping).kinds)) await sql.unsafe(kindSql(kind))
    await sql.end()
    expect(proposeMapping({}, await readCatalogue(url))).toEqual(expected)
  })

  it('and triggers of the application are noted, those of onecount are not', async () => {
    const { url, catalogue } = await catalogueOf(`${ARTICLES}
      create function add_one() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger count_likes after insert on article_likes for each row execute function add_one();`)
    const sql = connect(url, { max: 1 })
    await sql.unsafe(kindSql(check(proposeMapping({}, catalogue)).kinds.like!))
    await sql.end()
    expect(findCandidates(await readCatalogue(url)).map(({ triggers }) => triggers)).toEqual([
      ['count_likes'],
    ])
  })
})

describe('where several tables may be meant', () => {
  it('they are listed with what to write, and a name chooses one or more', async () => {
    const { catalogue } = await catalogueOf(ARTICLES + BOOKMARKS)
    expect(() => proposeMapping({}, catalogue)).toThrow(Ambiguous)
    expect(() => proposeMapping({}, catalogue)).toThrow(
      /Several tables may be meant: choose with --kind\n\n {2}npx onecount init --kind like\n.*article_likes.*\n {2}npx onecount init --kind bookmark/,
    )
    const bookmark = {
      target: { table: 'articles', id: 'bigint' },
      rows: { table: 'bookmarks', target: 'article_id', actor: 'user_id', createdAt: null },
      actor: 'text',
    }
    expect(proposeMapping({ kind: ['bookmark'] }, catalogue)).toEqual({ bookmark })
    expect(proposeMapping({ kind: ['like', 'bookmark'] }, catalogue)).toEqual({ like: LIKE, bookmark })
    expect(
      proposeMapping({ kind: ['mark'], rows: 'bookmarks', 'created-at': 'marked_at' }, catalogue),
    ).toEqual({
      mark: { ...bookmark, rows: { ...bookmark.rows, createdAt: 'marked_at' } },
    })
  })

  it('kinds of one name get longer ones', async () => {
    const { catalogue } =
      await catalogueOf(`${ARTICLES} create table comments (id uuid primary key, likes integer);
      create table comment_likes (comment_id uuid not null references comments, user_id uuid not null references people,
        unique (comment_id, user_id));`)
    expect(() => proposeMapping({}, catalogue)).toThrow(/--kind articlelike\n.*\n {2}.*--kind commentlike/)
    expect(proposeMapping({ target: 'comments', kind: ['commentlike'] }, catalogue)).toMatchObject({
      commentlike: { target: { table: 'comments', count: 'likes' } },
    })
  })

  it('a table of pairs without such a name is proposed only when it is named', async () => {
    const { catalogue } = await catalogueOf(`${PEOPLE} create table events (id uuid primary key);
      create table attendance (event_id uuid not null references events, person_id uuid not null references people,
        primary key (event_id, person_id));`)
    expect(() => proposeMapping({}, catalogue)).toThrow(/One table may be meant.*\n\n.*--kind attendance/)
    expect(proposeMapping({ kind: ['attendance'] }, catalogue)).toMatchObject({
      attendance: { target: { table: 'events' } },
    })
  })
})

describe('the count of a target', () => {
  const posts = (columns: string) => `create table posts (id uuid primary key, ${columns});
    create table post_favorites (post_id uuid not null references posts, user_id uuid not null,
      created_at timestamptz, primary key (post_id, user_id));`

  it('that is called otherwise than the rows is asked for, and never left behind', async () => {
    const { catalogue } = await catalogueOf(
      posts('like_count integer not null default 446, "totalVotes" bigint, view_count integer, hearts text'),
    )
    expect(() => proposeMapping({}, catalogue)).toThrow(
      'posts has columns that may show the count of favorite: like_count, totalVotes. Say --count NAME for one of them, or --count none',
    )
    expect(proposeMapping({ count: 'like_count' }, catalogue)).toMatchObject({
      favorite: { target: { table: 'posts', count: 'like_count' } },
    })
    expect(proposeMapping({ count: 'none' }, catalogue).favorite!.target).toEqual({
      table: 'posts',
      id: 'uuid',
    })
  })

  it('is no column of onecount', async () => {
    const { catalogue } = await catalogueOf(posts('onecount_like_rev bigint, onecount_votes bigint'))
    expect(proposeMapping({}, catalogue).favorite!.target).toEqual({ table: 'posts', id: 'uuid' })
  })

  it('of other rows is theirs', async () => {
    const { catalogue } = await catalogueOf(`${posts('like_count integer, view_count integer')}
      create table post_likes (post_id uuid not null references posts, user_id uuid not null,
        created_at timestamptz, primary key (post_id, user_id));`)
    expect(proposeMapping({ kind: ['favorite', 'like'] }, catalogue)).toMatchObject({
      favorite: { target: { table: 'posts' } },
      like: { target: { table: 'posts', count: 'like_count' } },
    })
  })
})

describe('posts_new with likes, and post_ratings', () => {
  it.each([
    ['with keys', 'post_id uuid not null references posts_new, session_id text not null', ''],
    ['as they were before keys', 'post_id uuid references posts_new, session_id text', 'id bigserial, '],
  ])('%s are the kind that there is without kinds', async (_, pair, id) => {
    const { url, catalogue } = await catalogueOf(`
      do $$ begin
        create role anon nologin; create role authenticated nologin; create role service_role nologin;
      exception when duplicate_object then null; end $$;
      create table posts_new (id uuid primary key, caption text, likes integer default 0);
      create table post_ratings (${id}${pair}, created_at timestamptz default now(), unique (post_id, session_id));
      insert into posts_new (id, likes) values (gen_random_uuid(), 446)`)
    const mapping = proposeMapping({}, catalogue)
    expect(mapping).toEqual({ like: DEFAULT_KIND_CONFIG })
    expect(check(mapping).kinds.like!.isDefault).toBe(true)
    expect(configText(mapping)).toContain('export default defineConfig({})\n')
    const sql = connect(url, { max: 1 })
    await sql.unsafe(migrationSql(Object.values(check(mapping).kinds)))
    expect([...(await sql`select likes::integer from posts_new`)]).toEqual([{ likes: 446 }])
    await sql.end()
    expect(proposeMapping({}, await readCatalogue(url))).toEqual(mapping)
  })

  it('are tables as any other where their columns are others', async () => {
    const { catalogue } = await catalogueOf(`create table posts_new (id bigint primary key, likes integer);
      create table post_ratings (post_id bigint not null references posts_new, session_id text not null,
        primary key (post_id, session_id));`)
    expect(() => proposeMapping({}, catalogue)).toThrow('may show the count of rating: likes')
    const mapping = proposeMapping({ count: 'likes' }, catalogue)
    expect(mapping).toMatchObject({ rating: { target: { id: 'bigint', count: 'likes' } } })
    expect(configText(mapping)).toContain("count: 'likes'")
  })
})

describe('options', () => {
  let catalogue: CatalogueTable[]
  beforeAll(async () => {
    catalogue = (await catalogueOf(ARTICLES)).catalogue
  })

  it('say everything where there is no database', () => {
    const values = {
      kind: ['like'],
      target: 'articles',
      id: 'bigint',
      count: 'like_count',
      rows: 'article_likes',
      'rows-target': 'article_id',
      'rows-actor': 'user_id',
      actor: 'uuid',
    }
    expect(proposeMapping(values, null)).toEqual({ like: LIKE })
    expect(() => proposeMapping({ rows: 'article_likes', target: 'articles' }, null)).toThrow(
      'DATABASE_URL is not set, so the tables cannot be looked at: set it, or say --id, --rows-target, --rows-actor, --actor',
    )
  })

  it('take the place of what was found', () => {
    expect(proposeMapping({ count: 'none', 'created-at': 'none' }, catalogue)).toEqual({
      like: {
        target: { table: 'articles', id: 'bigint' },
        rows: { ...LIKE.rows, createdAt: null },
        actor: 'uuid',
      },
    })
    expect(proposeMapping({ rows: 'article_likes', kind: ['heart'] }, catalogue)).toEqual({ heart: LIKE })
  })

  it('map a table that shows nothing by itself', async () => {
    const { catalogue } = await catalogueOf(`create table things (nr integer primary key, hearts integer);
      create table pairs (a integer not null, b text not null);`)
    const values = { kind: ['heart'], rows: 'pairs', target: 'things' }
    expect(() => proposeMapping(values, catalogue)).toThrow(
      'pairs does not show by itself how it is mapped: say --rows-target, --rows-actor',
    )
    expect(proposeMapping({ ...values, 'rows-target': 'a', 'rows-actor': 'b' }, catalogue)).toEqual({
      heart: {
        target: { table: 'things', id: 'bigint', column: 'nr', count: 'hearts' },
        rows: { table: 'pairs', target: 'a', actor: 'b', createdAt: null },
        actor: 'text',
      },
    })
  })

  it.each<[Parameters<typeof proposeMapping>[0], string]>([
    [
      { rows: 'artikle_likes' },
      '--rows artikle_likes is not in the database: it has article_likes, articles, people',
    ],
    [{ target: 'posts' }, '--target posts is not in the database'],
    [
      { rows: 'article_likes', 'rows-actor': 'person' },
      '--rows-actor person is no column of article_likes: it has article_id, user_id, created_at',
    ],
    [
      { rows: 'article_likes', target: 'articles', count: 'likes' },
      '--count likes is no column of articles: it has id, title, like_count',
    ],
    [{ id: 'integer' }, '--id integer is not known: use uuid, bigint, text'],
    [{ actor: 'bigint' }, '--actor bigint is not known: use uuid, text'],
    [{ kind: ['like', 'heart'], rows: 'article_likes' }, '--rows is for one kind'],
    [{ kind: ['heart'] }, 'No table looks like a kind heart: name its table with --rows'],
    [{ kind: ['Heart!'], rows: 'article_likes' }, 'kinds.Heart!: the name of a kind has up to 20'],
  ])('%j that cannot be used is named', (values, message) => {
    expect(() => proposeMapping(values, catalogue)).toThrow(message)
  })

  it('a table may be named as SQL has it', () => {
    for (const rows of ['public.article_likes', '"article_likes"'])
      expect(proposeMapping({ rows, target: 'public."articles"' }, catalogue)).toEqual({ like: LIKE })
  })

  it('the only table that is called as likes are is asked about, where its columns do not say all', async () => {
    const { catalogue } = await catalogueOf(`create schema "app data";
      create table "app data"."My Posts" ("Slug" text primary key);
      create table "app data"."Post Likes" (
        "Post" text not null references "app data"."My Posts", "Who" text not null, unique ("Post", "Who"));`)
    expect(() => proposeMapping({}, catalogue)).toThrow(
      'app data.Post Likes does not show by itself how it is mapped: say --rows-actor',
    )
    const mapping = {
      like: {
        target: { table: 'app data.My Posts', id: 'text', column: 'Slug' },
        rows: { table: 'app data.Post Likes', target: 'Post', actor: 'Who', createdAt: null },
        actor: 'text',
      },
    }
    expect(proposeMapping({ 'rows-actor': 'Who' }, catalogue)).toEqual(mapping)
    expect(proposeMapping({ rows: '"app data"."Post Likes"', 'rows-actor': 'Who' }, catalogue)).toEqual(
      mapping,
    )
  })

  describe('of a table without foreign keys', () => {
    const UNKEYED = (id: string) => `create table articles (id ${id}, votes integer);
      create table article_likes (user_id uuid, article_id bigint);`

    it.each([
      ['named after the target', UNKEYED('bigint primary key')],
      ['whose target has no key yet', UNKEYED('bigint')],
    ])('%s: it is asked only which column is the count', async (_, schema) => {
      const { catalogue } = await catalogueOf(schema)
      expect(() => proposeMapping({}, catalogue)).toThrow(
        /may show the count of like: votes\..*\n\n {2}npx onecount init --kind like --count votes --rows article_likes$/,
      )
      expect(proposeMapping({ kind: ['like'], rows: 'article_likes', count: 'votes' }, catalogue)).toEqual({
        like: {
          ...LIKE,
          target: { ...LIKE.target, count: 'votes' },
          rows: { ...LIKE.rows, createdAt: null },
        },
      })
    })

    it('whose column is called otherwise: every round asks for all, with a command to paste', async () => {
      const { catalogue } = await catalogueOf(`create table articles (id bigint primary key, votes integer);
        create table article_likes (user_id uuid, "On Page" bigint, at timestamptz);`)
      expect(() => proposeMapping({}, catalogue)).toThrow(
        `article_likes does not show by itself how it is mapped: say --rows-target, --target

  npx onecount init --kind like --target TABLE --rows article_likes --rows-target 'On Page'`,
      )
      const said = { 'rows-target': 'On Page', target: 'articles' }
      expect(() => proposeMapping(said, catalogue)).toThrow(
        `--count none where onecount is to keep the counts and begins with the rows

  npx onecount init --kind like --target articles --count votes --rows article_likes --rows-target 'On Page'`,
      )
      expect(() => proposeMapping({ target: 'articles' }, catalogue)).toThrow(
        `say --rows-target, --count

articles has columns that may show the count of like: votes.`,
      )
      expect(proposeMapping({ ...said, count: 'votes' }, catalogue)).toMatchObject({
        like: { target: { table: 'articles', id: 'bigint', count: 'votes' }, rows: { target: 'On Page' } },
      })
    })

    it('where several are called so, that with the column is meant, else each has its command', async () => {
      const { catalogue } = await catalogueOf(`create table articles (id bigint primary key);
        create table article_likes (user_id uuid, on_page bigint); create table page_votes (user_id uuid, page bigint);`)
      expect(() => proposeMapping({}, catalogue)).toThrow(
        `choose with --rows

  npx onecount init --kind like --rows article_likes
  npx onecount init --kind vote --rows page_votes`,
      )
      expect(proposeMapping({ 'rows-target': 'on_page', target: 'articles' }, catalogue)).toMatchObject({
        like: { target: { table: 'articles', id: 'bigint' }, rows: { table: 'article_likes' } },
      })
    })
  })

  it('people whose ids are numbers are refused with what to do', async () => {
    const { catalogue } = await catalogueOf(`create table posts (id bigserial primary key);
      create table post_likes (post_id bigint not null references posts, user_id bigint not null);`)
    expect(() => proposeMapping({ rows: 'post_likes' }, catalogue)).toThrow('--rows-actor')
    expect(() => proposeMapping({ rows: 'post_likes', 'rows-actor': 'user_id' }, catalogue)).toThrow(
      '--actor, as uuid or text (other types are not supported)',
    )
  })
})
