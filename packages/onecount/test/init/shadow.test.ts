import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type Config, defineConfig } from 'onecount'
import { kindSql } from 'onecount/postgres'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createApplication, type TestApplication } from '../support/application'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'

const CONFIG = {
  kinds: {
    like: {
      target: { table: 'articles', id: 'bigint', count: 'like_count' },
      rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
    },
    heart: {
      target: { table: 'articles', id: 'bigint', count: 'heart_count' },
      rows: { table: 'hearts', target: 'article_id', actor: 'user_id' },
    },
  },
  actor: 'uuid',
} as const
const { like, heart } = defineConfig(CONFIG).kinds as Config<'like' | 'heart'>['kinds']
const FILE = 'supabase/migrations/20260101000000_onecount.sql'
const NOTE = /^like: shadow mode, and the migration keeps it; end it with `npx onecount migration`/m

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let databases = 0
let DATABASE_URL: string
let app: TestApplication
beforeEach(async () => {
  DATABASE_URL = await server.createDatabase(`shadow${databases++}`)
  await change(`create table articles (id bigint primary key, like_count integer not null default 0,
      heart_count integer not null default 0);
    create table article_likes (article_id bigint not null references articles, user_id uuid not null,
      created_at timestamptz not null default now(), primary key (article_id, user_id));
    create table hearts (like article_likes including all)`)
  app = await createApplication()
  await app.write('onecount.config.mjs', `export default ${JSON.stringify(CONFIG)}\n`)
})
afterEach(() => app.remove())

async function change(text: string): Promise<void> {
  const sql = connect(DATABASE_URL, { max: 1 })
  await sql.unsafe(text)
  await sql.end()
}

/** Runs it without mistakes; answers what it printed, and the newest migration. */
async function init(env: Record<string, string> = {}) {
  const { code, out, err } = await app.init([], env)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const migrations = await app.migrations()
  return { out, migrations, newest: await app.read(migrations.at(-1)!) }
}

it('a migration of shadow mode is followed by one of shadow mode, kind by kind, and it is said', async () => {
  await app.write(FILE, `${kindSql(like, { shadow: true })}\n${kindSql(heart)}-- of another version\n`)
  const { out, migrations, newest } = await init()
  expect(out).toMatch(NOTE)
  expect(migrations).toHaveLength(2)
  expect(newest).toContain('create trigger onecount_like_annul_count')
  expect(newest).not.toContain('create trigger onecount_heart_annul_count')
  expect((await init()).migrations).toEqual(migrations)
})

it('a database in shadow mode gets a migration of shadow mode, until it has ended', async () => {
  await change(kindSql(like, { shadow: true }))
  const { out, newest } = await init({ DATABASE_URL })
  expect(out).toMatch(NOTE)
  expect(newest).toContain('create trigger onecount_like_annul_count')
  expect(newest).not.toContain('create trigger onecount_heart_annul_count')

  await change(kindSql(like))
  await app.write('supabase/migrations/99990101000000_onecount.sql', kindSql(like))
  const ended = await init({ DATABASE_URL })
  expect(ended.out).not.toContain('shadow mode')
  expect(ended.newest).not.toContain('annul_count before update')
})
