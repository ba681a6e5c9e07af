import { randomUUID } from 'node:crypto'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgresServer } from '@/dev/services/postgres-server'
import { explainedConnection, type Work } from '../../test/support/plans'
import type { PairOp, PostgresPort } from '../core/ports'
import { createCut } from './drain-helper'
import { postgresJsPort } from './drivers'
import { BARRED, BOOKKEEPING, createNextDatabase, type NextDatabase } from './test-database'

/** One post with half of the rows, one session with a quarter of them, and a log that Redis is far behind of. */
const HOT = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const EVERYWHERE = 'everywhere'
const coldPost = (n: number) => `60060001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`
const OP = 3_590_000_000_000_001
const ROWS = 200_000

/** Pages for what a call costs whatever it is about, and for each pair, post or row of the log in it. */
const BASE = 150
const EACH = 60

let server: PostgresServer
let database: NextDatabase
beforeAll(async () => {
  server = await startPostgresServer({ fsync: false })
  database = await createNextDatabase(server, 'plans')
  const { sql } = database
  for (const table of ['posts_new', ...BOOKKEEPING])
    await sql.unsafe(`alter table ${table} set (autovacuum_enabled = false)`)
  await database.addPosts([{ id: HOT, likes: 0 }])
  await sql.unsafe(`${BARRED}; analyze`)
}, 120_000)
afterAll(async () => {
  await database?.sql.end()
  await server.stop()
})

const fill = (sql: Sql) =>
  sql.unsafe(`
    set session_replication_role = replica;
    create function cold(n bigint) returns uuid language sql immutable as
      $$ select ('60060001-aaaa-bbbb-cccc-' || lpad(n::text, 12, '0'))::uuid $$;
    insert into posts_new (id, author_id, caption, image_url, likes)
      select cold(n), id, '', '', 1 from profiles, generate_series(0, ${ROWS / 4 - 1}) n;
    insert into post_ratings (post_id, session_id, op)
      select '${HOT}'::uuid, 'hot-' || n, ${OP} from generate_series(1, ${ROWS / 2}) n
      union all select cold(n), '${EVERYWHERE}', ${OP} from generate_series(0, ${ROWS / 4 - 1}) n
      union all select cold(n), 'cold-' || n % 1000, ${OP} from generate_series(0, ${ROWS / 10 - 1}) n;
    insert into like_tombstones (post_id, session_id, op)
      select cold(n), 'un-' || n % 1000, ${OP - 1} from generate_series(0, ${ROWS / 10 - 1}) n;
    insert into like_log (partition, post_id, session_id, op, prev)
      select 1, '${HOT}'::uuid, 'hot-' || n, ${OP}, 0 from generate_series(1, ${ROWS / 10}) n
      union all select 0, cold(n), 'cold-' || n % 1000, ${OP}, 0 from generate_series(0, ${ROWS / 10 - 1}) n;
    insert into like_log_sums (post_id, change)
      select cold(n), 1 from generate_series(0, ${ROWS / 10 - 1}) n;
    insert into like_refused (post_id, session_id, op, sqlstate, message)
      select cold(n), 'barred', ${OP}, 'P0001', 'barred' from generate_series(0, 1999) n;
    set session_replication_role = origin`)

/** Each call on `n` posts, pairs or rows of the log: what it costs may depend on n, and on nothing else. */
function calls(port: PostgresPort, sql: Sql) {
  const cut = createCut(port)
  const now = (OP - 1) / 2
  const some = (n: number, from = 30_000) => Array.from({ length: n }, (_, i) => coldPost(from + i))
  const like = (postId: string, sessionId: string = randomUUID()): PairOp => ({
    postId,
    sessionId,
    op: OP + 2,
  })
  const unlike = (postId: string, sessionId: string = randomUUID()): PairOp => ({
    postId,
    sessionId,
    op: OP + 3,
  })
  const mixed = () => some(98).map((id, i) => (i % 2 ? like(id) : unlike(id)))
  const write = (pairs: PairOp[]) =>
    port.write(
      pairs.map(pair => ({ ...pair, liked: pair.op % 2 === 1 })),
      now,
    )
  const hydrate = (sessionId: string, most: number, extent: string) => async () => {
    const query = { partition: 0, postIds: [HOT, ...some(49)], sessionId, pairs: some(50), most }
    expect((await port.snapshot(query)).session!.extent).toBe(extent)
  }
  let removed = 40_000
  return {
    // Before the others, so that a connection has the plans of small tables.
    'a batch': { n: 110, run: () => cut.drain([...mixed(), like(HOT), unlike(HOT, 'hot-1')], 10) },
    'a press': { n: 1, run: () => write([like(HOT)]) },
    presses: { n: 100, run: () => write([...mixed(), like(HOT), unlike(HOT, 'hot-2')]) },
    peek: { n: 50, run: () => port.peek([HOT, ...some(49)], 'hot-3') },
    'a batch again': {
      n: 200,
      run: async () => {
        await cut.drain()
        const batch = cut.batch([...mixed(), like(HOT)], 10)
        expect(await port.sync(batch)).toEqual(await port.sync(batch))
      },
    },
    'a batch that is beaten': {
      n: 110,
      run: () =>
        cut.drain(
          some(100, 0).map((postId, i) => ({ postId, sessionId: `cold-${i}`, op: OP - 2 })),
          10,
        ),
    },
    'a batch of which one op is refused': {
      n: 300,
      run: async () => {
        const { refused } = await cut.drain([...mixed(), like(HOT, `barred-${randomUUID()}`)], 10)
        expect(refused).toHaveLength(1)
      },
    },
    'a page and a session': { n: 120, run: hydrate('cold-1', 1000, 'all') },
    'a session of unlikes': { n: 120, run: hydrate('un-1', 1000, 'all') },
    'a session of many likes': { n: 200, run: hydrate(EVERYWHERE, 100, 'some') },
    // Counted up to ten thousand, of what is set aside up to a thousand.
    status: { n: 200, run: () => port.status(0) },
    'refused ops again': {
      n: 100,
      run: () => port.retryRefused(some(20, 0).map(postId => ({ postId, sessionId: 'barred', op: OP }))),
    },
    'a row inserted by hand': {
      n: 1,
      run: () => sql`insert into post_ratings (post_id, session_id) values (${HOT}, ${randomUUID()})`,
    },
    'a row deleted by hand': {
      n: 1,
      run: () => sql`delete from post_ratings where post_id = ${HOT} and session_id = 'hot-4'`,
    },
    'likes set by hand': { n: 1, run: () => sql`update posts_new set likes = likes + 1 where id = ${HOT}` },
    'a post removed': { n: 4, run: () => port.removePost(coldPost(removed++)) },
  }
}

type Done = Record<string, Work & { n: number }>

async function explainAll(sql: Sql, explain: (run: () => Promise<unknown>) => Promise<Work>): Promise<Done> {
  const done: Done = {}
  for (const [name, { n, run }] of Object.entries(calls(postgresJsPort(sql, { timeoutMs: 60_000 }), sql))) {
    await run()
    done[name] = { ...(await explain(run)), n }
  }
  return done
}

function expectIndexes(done: Done): void {
  const ours = ['posts_new', ...BOOKKEEPING.filter(table => table !== 'like_receipt')]
  const wrong = Object.entries(done).flatMap(([name, { scanned, buffers, n, plans }]) => {
    const tables = scanned.filter(table => ours.includes(table))
    const most = BASE + EACH * n
    if (process.env.ONECOUNT_SHOW) console.log(`${name}: ${buffers} of at most ${most} pages`)
    return tables.length === 0 && buffers <= most
      ? []
      : [`${name}: scanned ${tables.join(', ') || 'nothing'}, ${buffers} of at most ${most} pages`, ...plans]
  })
  expect(wrong.join('\n')).toBe('')
  for (const { plans } of Object.values(done)) expect(plans).not.toEqual([])
}

describe('every SQL function answers by index', { timeout: 120_000 }, () => {
  it('of tables that were analysed while they were empty, by plans of that time and by new ones', async () => {
    const warmed = await explainedConnection(database.url)
    const port = postgresJsPort(warmed.sql)
    for (let i = 0; i < 6; i++)
      for (const { run } of Object.values(calls(port, warmed.sql)).slice(0, 5)) await run()
    await fill(database.sql)
    expectIndexes(await explainAll(warmed.sql, warmed.explain))
    await warmed.sql.end()
    const fresh = await explainedConnection(database.url)
    expectIndexes(await explainAll(fresh.sql, fresh.explain))
    await fresh.sql.end()
  })

  it('of tables whose statistics say that one post has most rows', async () => {
    await database.sql`analyze`
    const fresh = await explainedConnection(database.url)
    expectIndexes(await explainAll(fresh.sql, fresh.explain))
    await fresh.sql.end()
  })
})
