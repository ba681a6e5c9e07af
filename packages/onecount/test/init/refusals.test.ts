import { type Config, defineConfig, type KindConfig } from 'onecount'
import { kindSql } from 'onecount/postgres'
import { describe, expect, it } from 'vitest'
import { readCatalogue } from '../../src/cli/init/catalogue'
import { checkKinds } from '../../src/cli/init/check-kinds'
import { forAllTests } from '../support/for-all-tests'
import { startApplications } from '../support/init-database'

const app = forAllTests(startApplications)
const configOf = (kind: KindConfig) => defineConfig({ kinds: { like: kind } }) as Config<'like'>
/** What `init` says of the kind: written by its options, or by the configuration of a file. */
const check = async (kind: KindConfig, path: string | null = 'onecount.config.ts') =>
  checkKinds(path, configOf(kind), app.url, await readCatalogue(app.url))
const install = (kind: KindConfig) => app.sql.unsafe(kindSql(configOf(kind).kinds.like))

const LIKE = {
  target: { table: 'posts', id: 'bigint', count: 'like_count' },
  rows: { table: 'post_likes', target: 'post_id', actor: 'user_id', createdAt: null },
  actor: 'text',
} as const satisfies KindConfig
const TABLES = `create table posts (id bigint primary key, like_count integer not null default 0);
  create table post_likes (post_id bigint not null references posts, user_id text not null,
    constraint pair unique (post_id, user_id));
  insert into posts values (1, 0); insert into post_likes values (1, 'ana');`

describe('what the migration refuses', () => {
  it('columns that may be null are named together, each with the statement that cures it', async () => {
    await app.open(`create table posts (id bigint unique, like_count integer not null default 0);
      create table post_likes (post_id bigint, "User" text, unique (post_id, "User"))`)
    const kind = { ...LIKE, rows: { ...LIKE.rows, actor: 'User' } }
    const cures = [
      'alter table posts alter column id set not null',
      'alter table post_likes alter column post_id set not null',
      'alter table post_likes alter column "User" set not null',
    ]
    const { message } = await check(kind, null).then(
      () => expect.unreachable(),
      error => error,
    )
    expect(message.split('\n').slice(2)).toEqual([
      `  --target-column: posts.id may be null: delete the rows in which it is null, then: ${cures[0]}`,
      `  --rows-target: post_likes.post_id may be null: delete the rows in which it is null, then: ${cures[1]}`,
      `  --rows-actor: post_likes.User may be null: delete the rows in which it is null, then: ${cures[2]}`,
    ])
    for (const cure of cures) {
      await expect(install(kind)).rejects.toMatchObject({
        hint: `Delete the rows in which it is null, then: ${cure}`,
      })
      await app.sql.unsafe(cure)
    }
    expect(await check(kind)).toEqual(['like: fits the database'])
    await install(kind)
  })

  it.each<[string, string, KindConfig, string]>([
    [
      'a key of the pair that is checked later',
      'alter table post_likes drop constraint pair, add constraint late unique (post_id, user_id) deferrable',
      LIKE,
      'the key late of post_likes is deferrable: every press would be refused: Drop it, and make it anew on post_id, user_id',
    ],
    [
      'a key of the target that is checked later',
      `alter table post_likes drop constraint post_likes_post_id_fkey;
       alter table posts drop constraint posts_pkey, add constraint late unique (id) deferrable`,
      LIKE,
      'the kind like needs id of posts to be unique (kinds.like.target.column)',
    ],
    [
      'a column that PostgreSQL computes',
      `alter table posts drop column like_count, add column like_count integer generated always as (446) stored`,
      LIKE,
      'the kind like cannot write the column like_count of posts (kinds.like.target.count): PostgreSQL computes it',
    ],
    [
      'a column that is called as a variable',
      'alter table post_likes add column v_now text',
      LIKE,
      'the kind like cannot be kept beside the column v_now of post_likes',
    ],
    [
      'rows that say that the like was removed',
      'alter table post_likes add column deleted_at timestamptz; update post_likes set deleted_at = now()',
      LIKE,
      'rows of post_likes have deleted_at set: they say that the like was taken back',
    ],
    [
      'a time of another type',
      'alter table post_likes add column created_at text',
      { ...LIKE, rows: { ...LIKE.rows, createdAt: 'created_at' } },
      'the kind like needs created_at of post_likes as timestamp with time zone or',
    ],
    [
      'a key of variants that holds for some rows alone',
      `alter table post_likes drop constraint pair, add column emoji text not null default '👍';
       create unique index partly on post_likes (post_id, user_id, emoji) where emoji <> ''`,
      {
        ...LIKE,
        target: { table: 'posts', id: 'bigint' },
        variants: ['👍'],
        rows: { ...LIKE.rows, variant: 'emoji' },
      },
      'rows of post_likes are unique only where',
    ],
  ])('init refuses too: %s', async (_, change, kind, refusal) => {
    await app.open(TABLES)
    await app.sql.unsafe(change)
    await expect(check(kind)).rejects.toThrow(`  kinds.like: ${refusal}`)
    await expect(install(kind)).rejects.toThrow(refusal.split(': Drop it')[0])
  })

  it('a kind of the same name on other tables is one of them', async () => {
    await app.open(TABLES)
    expect(await check(LIKE)).toEqual(['like: fits the database'])
    await install(LIKE)
    expect(await check(LIKE)).toEqual(['like: fits the database'])
    await app.sql.unsafe('create table hearts (like post_likes including all)')
    const other = { ...LIKE, rows: { ...LIKE.rows, table: 'hearts' } }
    await expect(check(other)).rejects.toThrow(
      'kinds.like: the kind like of this database was made for other tables',
    )
    await expect(install(other)).rejects.toThrow('was made for other tables')
  })
})
