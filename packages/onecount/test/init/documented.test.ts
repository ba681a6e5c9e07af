import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'

const REPOSITORY = join(import.meta.dirname, '../../../..')
const FOLDER = 'supabase/migrations'

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let databases = 0
let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'onecount-documented-'))
  await mkdir(join(root, FOLDER), { recursive: true })
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe.each(['docs/adopt.md', 'packages/onecount/README.md'])('the migration line of %s', path => {
  /** Runs it as a shell does, on migrations by their names. */
  async function follow(migrations: Record<string, string>) {
    const DATABASE_URL = await server.createDatabase(`documented${databases++}`)
    for (const [name, sql] of Object.entries(migrations)) await writeFile(join(root, FOLDER, name), sql)
    const text = await readFile(join(REPOSITORY, path), 'utf8')
    const [line] = /^psql .*$/m.exec(text)!
    const env = { ...process.env, DATABASE_URL }
    const { code } = await promisify(execFile)('bash', ['-c', line], { cwd: root, env }).then(
      () => ({ code: 0 }),
      ({ code }: { code: number }) => ({ code }),
    )
    const sql = connect(DATABASE_URL, { max: 1 })
    const tables = await sql`select relname from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`
    await sql.end()
    return { code, tables: tables.map(({ relname }) => relname) }
  }

  it('applies the only one', async () => {
    expect(await follow({ '20261201000000_onecount.sql': 'create table first ()' })).toEqual({
      code: 0,
      tables: ['first'],
    })
  })

  it('applies the newest of several, which is whole, and no other', async () => {
    const migrations = {
      '20261130000000_articles.sql': 'create table articles ()',
      '20261201000000_onecount.sql': 'create table first ()',
      '20261202000000_onecount.sql': 'create table second ()',
      '20261203000000_later.sql': 'create table later ()',
    }
    expect(await follow(migrations)).toEqual({ code: 0, tables: ['second'] })
  })

  it('stops at the first error', async () => {
    const sql = 'select nothing;\ncreate table after ()'
    expect(await follow({ '20261201000000_onecount.sql': sql })).toEqual({ code: 3, tables: [] })
  })
})
