import { readFile } from 'node:fs/promises'
import { type BroadcastPort, DEFAULT_KIND_CONFIG, defineConfig, type Kind, topicOf } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { beforeEach, describe, expect, it } from 'vitest'
import { checkKind } from '../src/cli/doctor/postgres'
import { MIGRATIONS } from '../src/postgres/migrations'
import { uninstallSql } from '../src/postgres/uninstall-sql'
import { named } from './support/doctor'
import { forAllTests } from './support/for-all-tests'
import { startKindStores } from './support/kind-stores'
import { article } from './support/kinds'

const { like } = defineConfig({ kinds: { like: DEFAULT_KIND_CONFIG } }).kinds
const { bookmark } = defineConfig({
  kinds: {
    bookmark: {
      target: { table: 'articles', id: 'bigint' },
      rows: { table: 'bookmarks', target: 'article_id', actor: 'user_id', createdAt: 'marked_at' },
      private: true,
    },
  },
}).kinds
const PERSON = '0a000000-0000-4000-8000-000000000001'
/** What Supabase Realtime has in a project. */
const MESSAGES = new URL('../../dev-stack/src/realtime/messages.sql', import.meta.url)

const stores = forAllTests(startKindStores)
let sql: Sql
beforeEach(async () => {
  sql = await stores.begin()
  await sql.unsafe(await readFile(MESSAGES, 'utf8'))
})

const policies = () =>
  sql`select policyname as name, cmd, roles::text, qual from pg_policies where schemaname = 'realtime'`
const policy = (name: string, topics: string) => ({
  name,
  cmd: 'SELECT',
  roles: '{anon,authenticated}',
  qual: expect.stringContaining(topics),
})

async function install(kind: Kind): Promise<void> {
  if (!kind.isDefault) return void (await sql.unsafe(kindSql(kind)))
  await sql.unsafe(`
    create table posts_new (id uuid primary key, likes integer not null default 0);
    create table post_ratings (
      post_id uuid not null references posts_new on delete cascade, session_id text not null,
      created_at timestamptz not null default now(), unique (post_id, session_id))`)
  for (const migration of MIGRATIONS) await sql.unsafe(migration.sql)
}

describe('the policy for broadcasts', () => {
  it('lets everybody hear the likes of the default kind, and goes with it', async () => {
    await install(like)
    expect(await policies()).toEqual([policy('onecount_likes_are_heard', "'^likes:[0-9]+$'")])
    await sql.unsafe(uninstallSql(like))
    expect(await policies()).toEqual([])
  })

  it('is one a kind, also where it is applied again', async () => {
    await install(article)
    await install(article)
    expect(await policies()).toEqual([
      policy(`onecount_${article.name}_likes_are_heard`, `'^likes:${article.name}:[0-9]+$'`),
    ])
    await sql.unsafe(uninstallSql(article))
    expect(await policies()).toEqual([])
  })

  it('is not there for a private kind, of which nothing is broadcast', async () => {
    await install(bookmark)
    await install(article)
    expect(await policies()).toHaveLength(1)
    await sql`insert into articles (id) values (1)`
    const told: string[] = []
    const broadcast: BroadcastPort = { send: async topic => told.push(topic) }
    for (const kind of [bookmark, article]) {
      const engine = stores.instance(kind, { broadcast })
      await engine.set('1', PERSON, true)
      await engine.drainer.flush()
    }
    expect(told).toEqual([topicOf('article', '1')])
  })
})

describe('npx onecount doctor', () => {
  const look = async (kind: Kind) => named(await checkKind(sql, kind), 'broadcasts')

  it.each([like, article])(
    'prints the policy that is missing, and it is the one of the SQL: $name',
    async kind => {
      await install(kind)
      expect(await look(kind)).toMatchObject({ verdict: 'ok', found: 'everybody may hear the counts' })
      const [made] = await policies()
      await sql.unsafe(`drop policy ${made!.name} on realtime.messages`)
      const finding = await look(kind)
      expect(finding).toMatchObject({
        verdict: 'warn',
        found: expect.stringContaining(`no policy ${made!.name}`),
      })
      await sql.unsafe(finding.fix!)
      expect(await policies()).toEqual([made])
      expect(await look(kind)).toMatchObject({ verdict: 'ok' })
    },
  )

  it('warns of a policy by which every visitor may send counts', async () => {
    await install(article)
    const of = (check: string) =>
      sql.unsafe(`drop policy if exists chat on realtime.messages;
        create policy chat on realtime.messages for insert to authenticated with check (${check})`)
    await of('true')
    expect(await look(article)).toMatchObject({
      verdict: 'warn',
      found: expect.stringContaining('the policy chat'),
    })
    await of(`(select realtime.topic()) = 'chat'`)
    expect(await look(article)).toMatchObject({ verdict: 'ok' })
  })

  it('asks for no policy where there is no Realtime, and of a private kind', async () => {
    await install(bookmark)
    expect(await look(bookmark)).toMatchObject({
      verdict: 'ok',
      found: 'nothing of a private kind is broadcast',
    })
    await install(article)
    await sql.unsafe('drop schema realtime cascade')
    expect(await look(article)).toMatchObject({
      verdict: 'ok',
      found: 'no Supabase Realtime in this database',
    })
  })
})
