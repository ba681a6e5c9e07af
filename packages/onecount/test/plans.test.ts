import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgresServer } from '@/dev/services/postgres-server'
import { connect, migrate, ownersTables } from './support/databases'
import { BARRED, calls, coldPost, HOT, REFUSED, REFUSED_OP } from './support/plan-calls'
import { explainedConnection, type Work } from './support/plans'

const HOT_ROWS = 970_000
const COLD_POSTS = 100_000
const COLD_ROWS = 30_000

/** Pages for what a call costs whatever it is about, and for each pair or post in it; a table has ten thousands. */
const BASE = 150
const EACH = 60

const OURS = ['posts_new', 'post_ratings', 'like_tombstones', 'like_unseen', 'like_refused']

/** All calls in turn. */
async function explainAll(
  all: ReturnType<typeof calls>,
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
  for (const { plans } of Object.values(done)) expect(plans).not.toEqual([])
}

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgresServer({ fsync: false })
})
afterAll(() => server.stop())

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

async function fill(owner: Sql): Promise<void> {
  await owner.unsafe(`
    set session_replication_role = replica;
    insert into posts_new (id, author_id, caption, image_url, likes)
      select '${HOT}', id, '', '', ${HOT_ROWS} from profiles
      union all
      select ('60060001-aaaa-bbbb-cccc-' || lpad(n::text, 12, '0'))::uuid, p.id, '', '', 1
        from profiles p, generate_series(0, ${COLD_POSTS - 1}) n
      on conflict do nothing;
    insert into post_ratings (post_id, session_id, op)
      select '${HOT}'::uuid, 'hot-' || n, 2 * n + 1 from generate_series(1, ${HOT_ROWS}) n
      union all select '${HOT}'::uuid, 'barred', 3;
    insert into post_ratings (post_id, session_id, op)
      select ('60060001-aaaa-bbbb-cccc-' || lpad(n::text, 12, '0'))::uuid, 'cold-' || n % 1000, 2 * n + 1
        from generate_series(0, ${COLD_ROWS - 1}) n
      on conflict do nothing;
    insert into like_refused (post_id, session_id, op, sqlstate, message)
      select ('60060001-aaaa-bbbb-cccc-' || lpad(n::text, 12, '0'))::uuid, 'barred', ${REFUSED_OP}, 'P0001', 'barred'
        from generate_series(0, ${REFUSED - 1}) n;
    set session_replication_role = origin;`)
  await owner.unsafe(BARRED)
}

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
      for (const { run } of Object.values(calls(postgresJsPort(warmed.sql), warmed.sql, () => HOT)).slice(
        0,
        6,
      ))
        await run().catch(() => {})
    }
    await fill(owner)
  }, 180_000)
  afterAll(async () => {
    await warmed?.sql.end()
    await owner?.end()
  })

  const fresh = async (work: (done: Record<string, Work & { n: number }>) => void) => {
    const { sql, explain } = await explainedConnection(url)
    try {
      work(await explainAll(calls(postgresJsPort(sql, { timeoutMs: 60_000 }), sql, coldPost), explain))
    } finally {
      await sql.end()
    }
  }

  it('of tables that were analysed while they were empty, by plans of that time', async () => {
    const port = postgresJsPort(warmed.sql, { timeoutMs: 60_000 })
    expectIndexes(await explainAll(calls(port, warmed.sql, coldPost), warmed.explain))
  })

  it('of tables that were analysed while they were empty', () => fresh(expectIndexes))

  it('of tables that were never analysed', async () => {
    await owner.unsafe(`
      delete from pg_statistic where starelid in
        ('post_ratings'::regclass, 'posts_new'::regclass, 'like_tombstones'::regclass, 'like_unseen'::regclass,
         'like_refused'::regclass);
      update pg_class set reltuples = -1, relpages = 0, relallvisible = 0
       where relname ~ '^(post_ratings|posts_new|like_tombstones|like_unseen|like_refused)'`)
    await fresh(expectIndexes)
  })

  it('of tables whose statistics say that one post has nearly all rows', async () => {
    await owner.unsafe('analyze')
    await fresh(expectIndexes)
  })
})
