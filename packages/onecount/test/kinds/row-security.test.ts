import { createKeys, type Kind, type Onecount } from 'onecount'
import { kindSql, postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkKind } from '../../src/cli/doctor/postgres'
import { connect } from '../support/databases'
import { named } from '../support/doctor'
import { forAllTests } from '../support/for-all-tests'
import { startKindStores } from '../support/kind-stores'
import { article, mark, namesOf, reaction, uuidOf } from '../support/kinds'
import { PATIENT_MS } from '../support/stores'

const [ana, ben, eva] = ['ana', 'ben', 'eva'].map(uuidOf) as [string, string, string]
const COMMENT = '50050001-aaaa-bbbb-cccc-000000000001'

/** A role that owns the tables, with no right of a superuser; hosted projects give new tables and functions to all. */
const OWNER = `
  do $$ begin
    create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
  exception when duplicate_object then null; end $$;
  do $$ begin create role house login; create role tenant login in role service_role;
  exception when duplicate_object then null; end $$;
  grant anon, authenticated to house;`
const giveTo = (owner: string, database: string) => `
  alter database ${database} owner to ${owner};
  grant all on schema public to ${owner};
  grant usage on schema public to anon, authenticated, service_role;
  alter default privileges for role ${owner} in schema public grant all on functions to anon, authenticated, service_role;
  alter default privileges for role ${owner} in schema public grant all on tables to service_role;`

/** Every table has row level security, with rights for people who are signed in and for no other role. */
const TABLES = `
  create schema auth;
  create function auth.uid() returns uuid language sql stable as
    $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
  grant usage on schema auth to authenticated;
  create table articles (
    id bigint primary key, author uuid, title text not null default '', like_count integer not null default 0);
  create table article_likes (
    article_id bigint not null references articles on update cascade on delete cascade, user_id uuid not null,
    created_at timestamptz not null default now(), primary key (article_id, user_id));
  create table bookmarks (
    id bigserial primary key, article_id bigint not null references articles on update cascade on delete cascade, user_id text not null,
    marked_at timestamptz, unique (article_id, user_id));
  create table comments (id uuid primary key, author uuid);
  create table comment_reactions (
    comment_id uuid not null references comments on update cascade on delete cascade, user_id text not null, emoji text not null,
    created_at timestamptz not null default now(), primary key (comment_id, user_id, emoji));
  alter table articles enable row level security;
  alter table article_likes enable row level security;
  alter table bookmarks enable row level security;
  alter table comments enable row level security;
  alter table comment_reactions enable row level security;
  create policy "people read" on articles for select to authenticated using (true);
  create policy "authors write" on articles for all to authenticated
    using (author = auth.uid()) with check (author = auth.uid());
  create policy "people read" on comments for select to authenticated using (true);
  create policy "authors write" on comments for all to authenticated
    using (author = auth.uid()) with check (author = auth.uid());
  create policy "their own" on article_likes for all to authenticated
    using (user_id = auth.uid()) with check (user_id = auth.uid());
  create policy "their own" on bookmarks for all to authenticated
    using (user_id = auth.uid()::text) with check (user_id = auth.uid()::text);
  create policy "their own" on comment_reactions for all to authenticated
    using (user_id = auth.uid()::text) with check (user_id = auth.uid()::text);
  grant select, insert, update, delete on articles, comments to authenticated;
  grant select, delete on article_likes, bookmarks, comment_reactions to authenticated;
  grant insert (article_id, user_id), update (user_id) on article_likes to authenticated;
  grant insert (article_id, user_id), update (user_id) on bookmarks to authenticated;
  grant insert (comment_id, user_id, emoji), update (user_id) on comment_reactions to authenticated;
  grant usage on sequence bookmarks_id_seq to authenticated;`

/** A kind, the target that is liked, and the id of the post that counts it. */
const KINDS: [kind: Kind, target: string, id: string][] = [
  [article, '1', '1'],
  [mark, '1', '1'],
  [reaction, COMMENT, `${COMMENT}~🎉`],
]

const stores = forAllTests(startKindStores)
let sql: Sql
let connections: Sql[] = []
const as = (role: string): Sql => {
  const url = new URL(stores.databaseUrl)
  url.username = role
  const connection = connect(url.href, { max: 4 })
  connections.push(connection)
  return connection
}
afterEach(async () => {
  await Promise.all(connections.map(connection => connection.end({ timeout: 2 })))
  connections = []
})

beforeEach(async () => {
  const superuser = await stores.beginEmpty()
  await superuser.unsafe(OWNER + giveTo('house', new URL(stores.databaseUrl).pathname.slice(1)))
  sql = as('house')
  await sql.unsafe(TABLES)
  for (const [kind] of KINDS) await sql.unsafe(kindSql(kind))
  await sql`insert into articles (id, author) values (1, ${ben}), (2, ${eva})`
  await sql`insert into comments (id, author) values (${COMMENT}, ${ben})`
})

const engine = (kind: Kind, by = sql): Onecount => {
  const postgres = postgresJsPort(by, { kind, timeoutMs: PATIENT_MS })
  return stores.instance(kind, { postgres })
}

/** What a person who is signed in does through the REST interface. */
const signedIn = (person: string, text: string) =>
  sql.begin(async tx => {
    await tx`select set_config('request.jwt.claim.sub', ${person}, true)`
    await tx.unsafe('set local role authenticated')
    return (await tx.unsafe(text)).count
  })

async function inPostgres(kind: Kind, id: string) {
  const n = namesOf(kind)
  const [row] = await sql.unsafe(
    `select ${n.count} as likes from ${n.counts} where ${n.countsId}::text = $1`,
    [id],
  )
  const rows = await sql.unsafe(
    `select ${n.actor}::text as actor from ${n.rows} where ${n.post}::text = $1 order by 1`,
    [id],
  )
  return { count: Number(row!.likes), actors: rows.map(({ actor }) => actor) }
}

describe('tables with row level security and rights of authenticated alone', () => {
  it.each(KINDS)(
    'likes drain, and edits of signed-in people reach the count: $name',
    async (kind, target, id) => {
      const n = namesOf(kind)
      const app = engine(kind)
      await app.hydrateAll()
      await app.set(id, ana, true)
      await app.drainer.flush()
      expect(await inPostgres(kind, id)).toEqual({ count: 1, actors: [ana] })

      const row = (who: string) => (kind.variants ? `'${target}', '${who}', '🎉'` : `'${target}', '${who}'`)
      const [targetColumn, ...others] = n.columns.split(', ')
      const columns = kind.variants
        ? `${targetColumn}, ${n.actor}, ${n.variant}`
        : `${targetColumn}, ${others.join(', ')}`
      expect(await signedIn(ben, `insert into ${n.rows} (${columns}) values (${row(ben)})`)).toBe(1)
      await expect(signedIn(ben, `insert into ${n.rows} (${columns}) values (${row(eva)})`)).rejects.toThrow(
        'row-level security',
      )
      // No row of another person is seen.
      expect(await signedIn(ben, `delete from ${n.rows} where ${n.actor} = '${ana}'`)).toBe(0)
      await app.drainer.flush()
      expect(await inPostgres(kind, id)).toEqual({ count: 2, actors: [ana, ben] })
      expect((await app.read([id], ben)).get(id)).toMatchObject({ count: 2, liked: true, source: 'redis' })

      expect(await signedIn(ben, `delete from ${n.rows}`)).toBe(1)
      await app.drainer.flush()
      expect(await inPostgres(kind, id)).toEqual({ count: 1, actors: [ana] })
      expect((await app.read([id], ben)).get(id)).toMatchObject({ count: 1, liked: false, source: 'redis' })
      const { liked } = createKeys('', kind.keyPrefix)
      expect(await stores.redis.smembers(liked(id))).toEqual([ana])
    },
  )

  it.each(KINDS)(
    'a target that its author renames or removes takes its likes along: $name',
    async (kind, target, id) => {
      const n = namesOf(kind)
      const app = engine(kind)
      await app.set(id, ana, true)
      await app.drainer.flush()
      const other = kind.target.id === 'uuid' ? COMMENT.replace(/1$/, '7') : '7'
      expect(
        await signedIn(ben, `update ${n.content} set ${n.id} = '${other}' where ${n.id} = '${target}'`),
      ).toBe(1)
      await app.drainer.flush()
      const renamed = id.replace(target, other)
      expect((await app.read([renamed], ana)).get(renamed)).toMatchObject({ count: 1, liked: true })
      expect(await signedIn(ben, `delete from ${n.content}`)).toBe(1)
      await app.drainer.flush()
      await expect(app.set(renamed, ana, true)).rejects.toMatchObject({ code: 'post_not_found' })
    },
  )

  it('an author changes a title, and neither the count nor its revision', async () => {
    expect(await signedIn(ben, `update articles set title = 'x' where id = 1`)).toBe(1)
    for (const change of ['like_count = 99', 'onecount_article_rev = 99'])
      await expect(signedIn(ben, `update articles set ${change} where id = 1`)).rejects.toThrow()
    expect(await inPostgres(article, '1')).toMatchObject({ count: 0 })
  })

  it.each(KINDS)('doctor fails nothing: $name', async kind => {
    const notOk = (await checkKind(sql, kind)).filter(({ verdict }) => verdict !== 'ok')
    expect(notOk.map(({ check, found }) => `${check}: ${found}`)).toEqual(
      kind.target.count === null ? [] : [expect.stringMatching(/^width of likes: /)],
    )
  })

  it('doctor names a role that row level security applies to, and what to do', async () => {
    const look = async (by: Sql) => named(await checkKind(by, article), 'row level security')
    expect(await look(sql)).toMatchObject({ verdict: 'ok' })
    const tenant = as('tenant')
    expect(await look(tenant)).toMatchObject({
      verdict: 'fail',
      found: 'of articles applies to tenant, who connects: likes would be refused',
      fix: expect.stringContaining('alter role tenant bypassrls'),
    })
    await expect(engine(article, tenant).set('1', ana, true, { ack: 'postgres' })).rejects.toThrow()

    await sql`alter table article_likes force row level security`
    expect(await look(sql)).toMatchObject({
      verdict: 'fail',
      found: 'of article_likes applies to house, who connects: likes would be refused',
    })
    // A superuser is not held back, and the triggers still are.
    const superuser = connect(stores.databaseUrl)
    connections.push(superuser)
    expect(await look(superuser)).toMatchObject({
      verdict: 'fail',
      found: 'of article_likes applies to house, who owns the triggers: edits by hand would not count',
      fix: expect.stringContaining('alter table article_likes no force row level security'),
    })
  })

  it('doctor names a sequence that the service role lacks', async () => {
    await sql`revoke usage on sequence bookmarks_id_seq from service_role`
    expect(named(await checkKind(sql, mark), 'service role')).toMatchObject({
      verdict: 'fail',
      found: 'may not use the sequence bookmarks_id_seq',
    })
    await sql.unsafe(kindSql(mark))
    expect(named(await checkKind(sql, mark), 'service role')).toMatchObject({ verdict: 'ok' })
  })

  it('the service role drains as well as the owner', async () => {
    const superuser = connect(stores.databaseUrl, { connection: { role: 'service_role' } })
    connections.push(superuser)
    expect((await superuser`select current_user as name`)[0]!.name).toBe('service_role')
    for (const [kind, , id] of KINDS) {
      const app = engine(kind, superuser)
      await app.set(id, ana, true)
      await app.drainer.flush()
      expect(await inPostgres(kind, id), kind.name).toEqual({ count: 1, actors: [ana] })
    }
  })

  it.each(['anon', 'authenticated'])(
    '%s calls no function of onecount and reads no table of it',
    async role => {
      const tables = await sql`
      select relname as name from pg_class
       where relkind = 'r' and relname like 'onecount\\_%' and relnamespace = 'public'::regnamespace order by 1`
      const functions = await sql`
      select p.proname as name, pg_get_function_identity_arguments(p.oid) as arguments,
             array(select format_type(t, null) from unnest(p.proargtypes) t) as types
        from pg_proc p where p.proname like 'onecount\\_%' and p.prorettype <> 'trigger'::regtype`
      expect(tables.length).toBeGreaterThan(20)
      expect(functions.length).toBeGreaterThan(60)
      const run = (text: string) =>
        sql.begin(async tx => {
          await tx.unsafe(`set local role ${role}`)
          await tx.unsafe(text)
        })
      for (const { name } of tables)
        for (const text of [
          `select from ${name}`,
          `delete from ${name}`,
          `insert into ${name} default values`,
        ])
          await expect(run(text), text).rejects.toThrow('permission denied for table')
      for (const { name, types } of functions) {
        const call = `select public.${name}(${types.map((type: string) => `null::${type}`).join(', ')})`
        await expect(run(call), call).rejects.toThrow('permission denied for function')
      }
    },
  )
})
