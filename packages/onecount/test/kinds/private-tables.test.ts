import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { createOnecount, defineConfig } from 'onecount'
import { kindSql, postgresJsPort } from 'onecount/postgres'
import postgres, { type Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'
import { SCHEMA } from '../support/kinds'

const config = defineConfig({
  kinds: {
    like: {
      target: { table: 'articles', id: 'bigint', count: 'like_count' },
      rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
      actor: 'uuid',
    },
    bookmark: {
      target: { table: 'articles', id: 'bigint' },
      rows: { table: 'bookmarks', target: 'article_id', actor: 'user_id', createdAt: 'marked_at' },
      private: true,
    },
  },
})
const { like, bookmark } = config.kinds

/** Hosted projects give every new table and function to everybody. Of the rows each person reads their own. */
const HOSTED = `${SCHEMA}
  alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
  alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
  alter table bookmarks enable row level security;
  grant select on bookmarks to authenticated;
  create policy "their own" on bookmarks for select to authenticated
    using (user_id = current_setting('request.sub', true));`

const ROLES = ['anon', 'authenticated'] as const

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let owner: Sql
beforeAll(async () => {
  owner = connect(await server.createDatabase('hosted'))
  await owner.unsafe(HOSTED)
  await owner.unsafe(kindSql(like))
  await owner.unsafe(kindSql(bookmark))
  await owner`insert into articles (id) values (1), (2)`
  await press()
})
afterAll(() => owner.end())

async function press(): Promise<void> {
  const onecount = createOnecount({ redis: null, postgres: postgresJsPort(owner, { kind: bookmark }) })
  await onecount.set('1', 'ana', true)
  await onecount.set('1', 'ben', true)
  await onecount.set('2', 'ben', true)
  await onecount.set('2', 'ben', false)
}

const as = (role: string, text: string, sub = '') =>
  owner.begin(async sql => {
    await sql`select set_config('request.sub', ${sub}, true)`
    await sql.unsafe(`set local role ${role}`)
    return [...(await sql.unsafe(text))]
  })

describe('in the database of a private kind', () => {
  it('the counts are there, and in no column that others read', async () => {
    expect([...(await owner`select likes::int from onecount_bookmark_counts order by id`)]).toEqual([
      { likes: 2 },
      { likes: 0 },
    ])
    const [columns] = await owner`
      select array_agg(column_name::text order by ordinal_position) as names from information_schema.columns
       where table_name = 'articles'`
    expect(columns!.names).toEqual(['id', 'title', 'like_count', 'onecount_like_rev'])
  })

  describe.each(ROLES)('%s', role => {
    it('reads and writes no table of onecount', async () => {
      const tables = await owner`
        select relname as name from pg_class where relkind = 'r' and relname like 'onecount\\_bookmark\\_%' order by 1`
      expect(tables.map(({ name }) => name)).toContain('onecount_bookmark_counts')
      expect(tables.length).toBeGreaterThan(7)
      for (const { name } of tables)
        for (const text of [
          `select * from ${name}`,
          `select count(*) from ${name}`,
          `delete from ${name}`,
          `insert into ${name} default values`,
        ])
          await expect(as(role, text), text).rejects.toThrow('permission denied for table')
    })

    it('calls no function of it', async () => {
      const functions = await owner`
        select p.oid::regprocedure::text as signature, p.proname as name from pg_proc p
         where p.proname like 'onecount\\_bookmark\\_%' and p.prorettype <> 'trigger'::regtype`
      expect(functions.length).toBeGreaterThan(20)
      for (const { signature, name } of functions) {
        const types = signature
          .replace(/^[^(]*\(|\)$/g, '')
          .split(',')
          .filter(Boolean)
        const call = `select public.${name}(${types.map((type: string) => `null::${type}`).join(', ')})`
        await expect(as(role, call), signature).rejects.toThrow('permission denied for function')
      }
    })
  })

  it('the rows are read as the application lets them be', async () => {
    expect(await as('authenticated', 'select user_id from bookmarks', 'ana')).toEqual([{ user_id: 'ana' }])
    expect(await as('authenticated', 'select user_id from bookmarks', 'eva')).toEqual([])
    await expect(as('anon', 'select * from bookmarks')).rejects.toThrow('permission denied')
  })

  it('a press changes nothing that realtime publishes', async () => {
    const published = await owner`
      select tablename from pg_publication_tables where pubname = 'supabase_realtime'`
    expect(published.map(({ tablename }) => tablename)).toEqual(['articles'])
    const versions = async () => [...(await owner`select ctid::text, xmin::text from articles order by id`)]
    const before = await versions()
    await press()
    expect(await versions()).toEqual(before)
  })

  it('a publication of every table is warned of', async () => {
    const url = await server.createDatabase('published')
    const notices: string[] = []
    const sql = postgres(url, { onnotice: ({ message }) => notices.push(message!) })
    try {
      await sql.unsafe(`${HOSTED}; create publication supabase_realtime for all tables`)
      await sql.unsafe(kindSql(like))
      expect(notices.filter(notice => notice.includes('publishes every table'))).toEqual([])
      await sql.unsafe(kindSql(bookmark))
      expect(notices).toContainEqual(expect.stringContaining('those of the private kind bookmark'))
    } finally {
      await sql.end()
    }
  })
})
