import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { connect, migrate, ownersTables } from './support/databases'
import { forAllTests } from './support/for-all-tests'
import { type Calls, calls } from './support/plan-calls'
import { edits } from './support/plan-edits'
import { coldPost, fill, HOT, OURS } from './support/plan-tables'
import { explainedConnection, type Work } from './support/plans'

/** Pages for what a call costs whatever it is about, and for each pair or post in it; a table has ten thousands. */
const BASE = 150
const EACH = 75

/** All calls in turn. */
async function explainAll(
  all: Calls,
  explain: (run: () => Promise<unknown>) => Promise<Work>,
): Promise<Record<string, Work & { n: number }>> {
  const done: Record<string, Work & { n: number }> = {}
  for (const [name, { n, run }] of Object.entries(all)) {
    await run()
    done[name] = { ...(await explain(run)), n }
  }
  return done
}

function expectIndexes(done: Record<string, Work & { n: number }>): void {
  const wrong = Object.entries(done).flatMap(([name, { scanned, buffers, n, plans }]) => {
    const tables = scanned.filter(table => OURS.includes(table))
    const most = BASE + EACH * n
    return tables.length === 0 && buffers <= most
      ? []
      : [`${name}: scanned ${tables.join(', ') || 'nothing'}, ${buffers} of at most ${most} pages`, ...plans]
  })
  expect(wrong.join('\n')).toBe('')
  for (const [name, { nodes }] of Object.entries(done)) {
    if (!name.includes('page of ratings')) continue
    expect(nodes.filter(node => node.endsWith(' post_ratings'))).toEqual(['Index Scan post_ratings'])
    expect(nodes.filter(node => node.includes('Sort'))).toEqual([])
  }
  for (const { plans } of Object.values(done)) expect(plans).not.toEqual([])
}

const server = forAllTests(() => startPostgresServer({ fsync: false }))

/** An empty database in which no table is analysed or vacuumed by itself. */
async function prepare(name: string): Promise<{ url: string; owner: Sql }> {
  const url = await server.createDatabase(name)
  await migrate(url)
  const owner = connect(url, { max: 1 })
  await ownersTables(owner).clear()
  for (const table of OURS) await owner.unsafe(`alter table ${table} set (autovacuum_enabled = false)`)
  // An application may have posts without a number of likes, and an index on the post alone.
  await owner`alter table posts_new alter column likes drop not null`
  await owner`create index on post_ratings (post_id)`
  return { url, owner }
}

const everything = (sql: Sql): Calls => ({
  ...calls(postgresJsPort(sql, { timeoutMs: 60_000 }), sql, coldPost),
  ...edits(sql),
})

/** Calls that a connection has plans of from the time when there was one post: presses, batches, snapshots. */
const EARLY = 14

describe('every SQL function answers by index', () => {
  let owner: Sql
  let url: string
  let warmed: Awaited<ReturnType<typeof explainedConnection>>
  beforeAll(async () => {
    ;({ url, owner } = await prepare('plans'))
    // Plans of this connection are of a time when there was one post and nothing else.
    await ownersTables(owner).addPosts([{ id: HOT, likes: 0 }])
    await owner.unsafe('analyze')
    warmed = await explainedConnection(url)
    for (let i = 0; i < 8; i++) {
      const early = Object.values(calls(postgresJsPort(warmed.sql), warmed.sql, () => HOT)).slice(0, EARLY)
      for (const { run } of early) await run().catch(() => {})
    }
    await fill(owner)
  })
  afterAll(async () => {
    await warmed?.sql.end()
    await owner?.end()
  })

  // As if Redis had been told of the posts that the test before has removed.
  beforeEach(() => owner`delete from like_log where session_id = ''`)

  const fresh = async (work: (done: Record<string, Work & { n: number }>) => void) => {
    const { sql, explain } = await explainedConnection(url)
    try {
      work(await explainAll(everything(sql), explain))
    } finally {
      await sql.end()
    }
  }

  it('of tables that were analysed while they were empty, by plans of that time', async () => {
    expectIndexes(await explainAll(everything(warmed.sql), warmed.explain))
  })

  it('of tables that were analysed while they were empty', () => fresh(expectIndexes))

  it('of tables that were never analysed', async () => {
    await owner.unsafe(`
      delete from pg_statistic where starelid = any ('{${OURS}}'::regclass[]);
      update pg_class set reltuples = -1, relpages = 0, relallvisible = 0 where relname ~ '^(${OURS.join('|')})'`)
    await fresh(expectIndexes)
  })

  it('of tables whose statistics say that one post has nearly all rows', async () => {
    await owner.unsafe('analyze')
    await fresh(expectIndexes)
  })
})
