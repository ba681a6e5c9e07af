import { DEFAULT_KIND_CONFIG, defineConfig, type Kind } from 'onecount'
import type { Sql } from 'postgres'
import { describe, expect, it } from 'vitest'
import { checkKind } from '../src/cli/doctor/postgres'
import { kindSql } from '../src/postgres/kind-sql'
import { MIGRATIONS } from '../src/postgres/migrations'
import { connect } from './support/databases'
import { forAllTests } from './support/for-all-tests'
import { startKindStores } from './support/kind-stores'
import { article, namesOf, quoted } from './support/kinds'

const stores = forAllTests(startKindStores)
const { like } = defineConfig({ kinds: { like: DEFAULT_KIND_CONFIG } }).kinds
const POST = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const ANA = '0a000000-0000-4000-8000-000000000001'
const CONTENT = `
  create table posts_new (id uuid primary key, likes integer not null default 0);
  create table post_ratings (
    post_id uuid not null references posts_new on delete cascade, session_id text not null,
    created_at timestamptz not null default now(), unique (post_id, session_id))`

async function install(kind: Kind, sql: Sql): Promise<void> {
  if (!kind.isDefault) await sql.unsafe(kindSql(kind))
  else for (const { sql: text } of MIGRATIONS) await sql.unsafe(text)
}

/** The application notes each row that comes, in a table that its trigger names without a schema. */
const noting = (kind: Kind) => `
  set search_path = ${kind.rows.schema === 'public' ? 'public' : `"${kind.rows.schema}"`};
  create table notes (what text);
  create function note() returns trigger language plpgsql as
    $$ begin insert into notes values (tg_op); return null; end $$;
  create trigger note after insert or delete on ${namesOf(kind).rows} for each row execute function note();
  reset search_path`

async function begin(kind: Kind, before = ''): Promise<Sql> {
  const sql = await stores.begin()
  if (kind.isDefault) await sql.unsafe(CONTENT)
  await sql.unsafe(before)
  await install(kind, sql)
  await sql.unsafe(noting(kind))
  const { content, id } = namesOf(kind)
  await sql.unsafe(`insert into ${content} (${id}) values ('${kind === article ? 7 : POST}')`)
  return sql
}
const notesOf = async (kind: Kind, sql: Sql) =>
  (await sql.unsafe(`select what from "${kind.rows.schema}".notes`)).map(({ what }) => what)
const pathOf = async (kind: Kind, sql: Sql) => {
  const findings = await checkKind(sql, kind)
  return findings.find(({ check }) => check === 'search path')!
}

describe.each([
  ['default kind', like, POST],
  ['kind article', article, '7'],
  ['kind of another schema', quoted, POST],
] as const)('a trigger of the application that names a table without its schema, %s', (_, kind, post) => {
  it('runs when the drain writes, when Postgres serves alone, and when a post is removed', async () => {
    const sql = await begin(kind)
    const onecount = stores.instance(kind)
    await onecount.set(post, ANA, true)
    await onecount.drainer.flush()
    expect(await onecount.health()).toMatchObject({ refused: 0, pending: 0 })
    expect(await notesOf(kind, sql)).toEqual(['INSERT'])

    await stores.instance(kind, { redis: null }).set(post, ANA, false)
    expect(await notesOf(kind, sql)).toEqual(['INSERT', 'DELETE'])
    await onecount.drainer.flush()
    await onecount.set(post, ANA, true)
    await onecount.drainer.flush()
    await onecount.removePost(post)
    expect(await notesOf(kind, sql)).toEqual(['INSERT', 'DELETE', 'INSERT', 'DELETE'])
    expect(await pathOf(kind, sql)).toMatchObject({ verdict: 'ok' })
  })
})

describe('an object that another role has created', () => {
  it('as a temporary table of the same name is not written by what our triggers set off', async () => {
    const sql = await begin(article)
    await sql.unsafe(`
      drop trigger note on article_likes;
      create trigger note after update on articles for each row execute function note();
      do $$ begin create role mallory login; exception when duplicate_object then null; end $$;
      grant usage on schema public to mallory; grant insert on article_likes to mallory`)
    const mallory = connect(stores.databaseUrl.replace('postgres@', 'mallory@'), { max: 1 })
    await mallory`create temporary table notes (what text)`
    await mallory`insert into article_likes (article_id, user_id) values (7, ${ANA})`
    expect(await mallory`select from pg_temp.notes`).toEqual([])
    await mallory.end()
    expect(await notesOf(article, sql)).toEqual(['UPDATE'])
  })

  it.each([like, article])(
    'in a schema that is open to everybody is not found, and doctor says so: $name',
    async kind => {
      const sql = await begin(kind, 'grant create on schema public to public')
      await sql.unsafe(`
        create role mallory_${kind.name} login;
        set role mallory_${kind.name};
        create function public.joined(text, uuid) returns text language plpgsql as
          $$ begin raise exception 'hijacked'; end $$;
        create operator public.|| (leftarg = text, rightarg = uuid, function = public.joined);
        create function public.joined(bigint, bigint) returns bigint language plpgsql as
          $$ begin raise exception 'hijacked'; end $$;
        create operator public.% (leftarg = bigint, rightarg = bigint, function = public.joined);
        reset role;
        drop trigger note on ${namesOf(kind).rows}`)
      const onecount = stores.instance(kind)
      const post = kind === article ? '7' : POST
      await onecount.set(post, ANA, true)
      await onecount.drainer.flush()
      expect(await onecount.health()).toMatchObject({ refused: 0, pending: 0 })
      const [row] = await sql.unsafe(
        `select proconfig::text as settings from pg_proc where proname = '${kind.isDefault ? 'onecount_merge' : 'onecount_article_merge'}'`,
      )
      expect(row!.settings).toMatch(/search_path=pg_temp/)
      expect(await pathOf(kind, sql)).toMatchObject({
        verdict: 'warn',
        found: expect.stringContaining('public is left out'),
        fix: expect.stringContaining('revoke create on schema public'),
      })

      await sql.unsafe('revoke create on schema public from public')
      await install(kind, sql)
      expect(await pathOf(kind, sql)).toMatchObject({ verdict: 'ok' })
    },
  )
})

it('doctor judges no schema where the functions are missing', async () => {
  const sql = await stores.begin()
  expect(await pathOf(quoted, sql)).toMatchObject({ verdict: 'skipped' })
})
