import { randomUUID } from 'node:crypto'
import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgresServer } from '@/dev/services/postgres-server'
import type { PostgresPort } from '../src/core/ports'
import { connect, migrate, ownersTables } from './support/databases'
import { explainedConnection, type Work } from './support/plans'

/** One post that holds nearly all of the million rows, and a hundred thousand cold ones beside it. */
const HOT = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const HOT_ROWS = 970_000
const COLD_POSTS = 100_000
const COLD_ROWS = 30_000
const coldPost = (n: number) => `60060001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`

/** Pages for what a call costs whatever it is about, and for each pair or post in it; a table has ten thousands. */
const BASE = 150
const EACH = 60

const OURS = ['posts_new', 'post_ratings', 'like_tombstones', 'like_unseen']
const now = () => Date.now() * 1000

let deleted = 0

/** Every call of the port, on `n` posts or pairs: what it costs may depend on n, and on nothing else. */
const calls = (port: PostgresPort, sql: Sql, post: (i: number) => string) => {
  const some = (n: number) => Array.from({ length: n }, (_, i) => post(i))
  const like = (postId: string, sessionId: string) => ({ postId, sessionId, op: 2 * now() + 1, liked: true })
  const unlike = (postId: string, sessionId: string) => ({ postId, sessionId, op: 2 * now(), liked: false })
  let parent: string | undefined
  const sync = async (pairs: ReturnType<typeof like>[], seen: ReturnType<typeof like>[]) => {
    const batch = { partition: 0, parent: parent ?? '', nonce: randomUUID(), limit: 10 }
    const entries = pairs.map(pair => ({ ...pair, rev: 0 }))
    const result = await port.sync({ ...batch, entries, seen })
    if (result.status === 'rejected') parent = result.receipt
    else parent = batch.nonce
    return result.status
  }
  const session = () => randomUUID()
  return {
    like: { n: 1, run: () => port.write([like(post(0), session())], now()) },
    unlike: { n: 1, run: () => port.write([unlike(post(1), session())], now()) },
    'likes and unlikes in one call': {
      n: 100,
      run: () =>
        port.write(
          some(100).map((id, i) => (i % 2 ? like : unlike)(id, session())),
          now(),
        ),
    },
    'a like of a hot post': { n: 1, run: () => port.write([like(HOT, session())], now()) },
    'a like taken back': {
      n: 1,
      run: () => port.write([unlike(HOT, 'hot-1')], now()),
    },
    'the fallback of the version before': {
      n: 1,
      run: () => sql`select onecount_fallback(${post(2)}, ${session()}, ${2 * now() + 1}, ${now()})`,
    },
    sync: {
      n: 100,
      run: async () => {
        if (!parent) await sync([], [])
        const pairs = some(98).map((id, i) => (i % 2 ? like : unlike)(id, session()))
        const status = await sync([...pairs, like(HOT, session()), unlike(HOT, 'hot-2')], pairs)
        expect(status).toBe('applied')
      },
    },
    peek: {
      n: 100,
      run: () =>
        port.peek(
          [HOT, ...some(49)],
          'hot-3',
          some(50).map(id => like(id, session())),
        ),
    },
    'peek for nobody': { n: 50, run: () => port.peek([HOT, ...some(49)], null, []) },
    snapshot: { n: 100, run: () => port.snapshot(some(100)) },
    posts: { n: 100, run: () => port.posts(post(10), 100) },
    session: { n: 10, run: () => port.session('cold-1', null, 10) },
    status: { n: 100, run: () => port.status(0) },
    'a row inserted by hand': {
      n: 1,
      run: () => sql`insert into post_ratings (post_id, session_id) values (${HOT}, ${session()})`,
    },
    'a row deleted by hand': {
      n: 1,
      run: () => sql`delete from post_ratings where post_id = ${HOT} and session_id = 'hot-4'`,
    },
    'likes raised by hand': {
      n: 1,
      run: () => sql`update posts_new set likes = likes + 1 where id = ${HOT}`,
    },
    'a post removed': {
      n: 1,
      run: async () => {
        await sql`insert into posts_new (id, author_id, caption, image_url)
          select ${'70070001-aaaa-bbbb-cccc-ddddeeee0001'}::uuid, id, '', '' from profiles limit 1`
        await port.write([like('70070001-aaaa-bbbb-cccc-ddddeeee0001', 'ana')], now())
        await port.removePost('70070001-aaaa-bbbb-cccc-ddddeeee0001')
      },
    },
    'posts deleted by hand': {
      n: 50,
      run: () => {
        const first = 50_000 + 100 * deleted++
        return sql`delete from posts_new where id = any (${Array.from({ length: 50 }, (_, i) => coldPost(first + i))})`
      },
    },
  } satisfies Record<string, { n: number; run(): Promise<unknown> }>
}

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
  // An application may have an index on the post alone.
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
      select '${HOT}', 'hot-' || n, 2 * n + 1 from generate_series(1, ${HOT_ROWS}) n;
    insert into post_ratings (post_id, session_id, op)
      select ('60060001-aaaa-bbbb-cccc-' || lpad(n::text, 12, '0'))::uuid, 'cold-' || n % 1000, 2 * n + 1
        from generate_series(0, ${COLD_ROWS - 1}) n
      on conflict do nothing;
    set session_replication_role = origin;`)
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
        ('post_ratings'::regclass, 'posts_new'::regclass, 'like_tombstones'::regclass, 'like_unseen'::regclass);
      update pg_class set reltuples = -1, relpages = 0, relallvisible = 0
       where relname ~ '^(post_ratings|posts_new|like_tombstones|like_unseen)'`)
    await fresh(expectIndexes)
  })

  it('of tables whose statistics say that one post has nearly all rows', async () => {
    await owner.unsafe('analyze')
    await fresh(expectIndexes)
  })
})
