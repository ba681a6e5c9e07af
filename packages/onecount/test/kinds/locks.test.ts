import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import type { Kind } from 'onecount'
import { kindSql } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrationSql } from '../../src/cli/migration'
import { uninstallSql } from '../../src/postgres/uninstall-sql'
import { connect } from '../support/databases'
import { forAllTests } from '../support/for-all-tests'
import { article, mark, reaction, SCHEMA, uuidOf } from '../support/kinds'

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let url: string
let sql: Sql
let databases = 0
const others: Sql[] = []
beforeEach(async () => {
  url = await server.createDatabase(`d${databases++}`)
  sql = connect(url, { max: 20 })
  await sql.unsafe(SCHEMA)
})
afterEach(async () => {
  await Promise.all([sql, ...others.splice(0)].map(connection => connection.end({ timeout: 5 })))
})

/** One connection. PostgreSQL is not to end what waits, before it was looked at. */
async function session(): Promise<{ run: Sql; pid: number }> {
  const run = connect(url, { max: 1 })
  others.push(run)
  await run`set deadlock_timeout = '1h'`
  const [{ pid }] = (await run`select pg_backend_pid() as pid`) as [{ pid: number }]
  return { run, pid }
}

/** Begins a statement; answers its error code, or `done`. */
const begun = (run: Sql, text: string): Promise<string> =>
  run.unsafe(text).then(
    () => 'done',
    error => error.code,
  )

/** What the connection does: `Lock` where it waits for one, `Timeout` where it sleeps until it tries again. */
const waitOf = async (pid: number) =>
  (await sql`select wait_event_type as type from pg_stat_activity where pid = ${pid}`)[0]!.type

const APART = `
  create table counters (id int primary key, n int); insert into counters values (1, 0);
  create function count_likes() returns trigger language plpgsql as 'begin return null; end';
  create trigger count_likes after insert on article_likes for each row execute function count_likes()`

describe('a transaction that another one stands behind', () => {
  it.each([
    [
      'has dropped a trigger of the rows',
      'drop trigger count_likes on article_likes',
      'select from article_likes',
    ],
    ['has changed another table', 'alter table counters add x int', 'select from counters'],
    ['has changed a row', 'update counters set n = 1', 'update counters set n = 2'],
  ])('and that %s waits for its locks as PostgreSQL sees it', async (_, before, behind) => {
    await sql.unsafe(APART)
    await sql.unsafe(kindSql(article))
    const [visitor, owner] = [await session(), await session()]
    await owner.run`set lock_timeout = '1h'`
    await visitor.run.unsafe('begin; select from articles')
    await owner.run.unsafe(`begin; ${before}`)
    const reading = begun(visitor.run, behind)
    await expect.poll(() => waitOf(visitor.pid)).toBe('Lock')
    const applied = begun(owner.run, `${kindSql(article)}; commit`)
    const seen = new Set<string>()
    await expect
      .poll(async () => {
        seen.add(await waitOf(owner.pid))
        return seen.has('Lock') || seen.has('Timeout')
      })
      .toBe(true)
    expect([...seen]).not.toContain('Timeout')
    await sql`select pg_cancel_backend(${visitor.pid})`
    expect(await reading).toBe('57014')
    await visitor.run`rollback`
    expect(await applied).toBe('done')
  })

  it('gives up where the other one does not end, and says what to do', async () => {
    await sql.unsafe(APART)
    await sql.unsafe(kindSql(article))
    const [backup, visitor, owner] = [await session(), await session(), await session()]
    await backup.run.unsafe('begin; select from articles')
    await owner.run.unsafe('begin; drop trigger count_likes on article_likes')
    const reading = begun(visitor.run, 'select from article_likes')
    await expect.poll(() => waitOf(visitor.pid)).toBe('Lock')
    await expect(owner.run.unsafe(kindSql(article))).rejects.toMatchObject({
      code: '55P03',
      message: expect.stringContaining('has one of the tables article_likes, articles,'),
      hint: expect.stringContaining('Apply this again'),
    })
    await owner.run`rollback`
    expect(await reading).toBe('done')
    expect((await owner.run`show lock_timeout`)[0]).toEqual({ lock_timeout: '0' })
    await backup.run`rollback`
    await sql.unsafe(kindSql(article))
  })
})

/** So that there are moments in which no person has a lock, also where the machine is busy. */
const PACE_MS = 15

/** People who look at one thing and then write another, in one transaction, until they are stopped. */
function crowd(work: (n: number) => string) {
  const failed: string[] = []
  let isOver = false
  const people = Array.from({ length: 6 }, async (_, n) => {
    const run = connect(url, { max: 1 })
    others.push(run)
    for (let i = 0; !isOver; i++) {
      const code = await begun(run, `begin; ${work(i * 6 + n)}; commit`)
      if (code !== 'done') failed.push(code)
      await new Promise(resolve => setTimeout(resolve, PACE_MS))
    }
  })
  return {
    async stop(): Promise<string[]> {
      isOver = true
      await Promise.all(people)
      return failed
    },
  }
}

const byLook = {
  'the row': (id: number, who: string) =>
    `select from article_likes where article_id = ${id} and user_id = '${who}'; insert into article_likes values (${id}, '${who}')`,
  'the article': (id: number, who: string) =>
    `select from articles where id = ${id}; insert into article_likes values (${id}, '${who}')`,
}

describe.each(Object.entries(byLook))('while people look at %s and then like it', (_, look) => {
  it.each([
    ['the first migration', [], kindSql(article)],
    ['a newer one', [article], kindSql(article)],
    ['that of several kinds', [article, mark, reaction], migrationSql([article, mark, reaction])],
    ['what takes the kind away', [article], uninstallSql(article)],
  ] as [string, Kind[], string][])('%s is applied, and none of them fails', async (_what, there, text) => {
    for (const kind of there) await sql.unsafe(kindSql(kind))
    await sql`insert into articles (id) select generate_series(1, 50)`
    const people = crowd(n => look(1 + (n % 50), uuidOf(`person ${n}`)))
    const rows = async () => Number((await sql`select count(*) as n from article_likes`)[0]!.n)
    for (let n = 0; n < 3; n++) {
      const before = await rows()
      await expect.poll(rows).toBeGreaterThan(before + 30)
      await sql.unsafe(text)
    }
    expect(await people.stop()).toEqual([])
  })
})
