import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { type Kind, variantId, variantIds } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import type { Sql } from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { PairOp } from '../../src/core/ports'
import { chainOf } from '../../src/testing/postgres/harness'
import { forAllTests } from '../support/for-all-tests'
import { kindDatabase, namesOf, reaction } from '../support/kinds'
import { explainedConnection, type Work } from '../support/plans'

/** Pages for what a call costs whatever it is about, and for each pair or post in it; a table has thousands. */
const BASE = 150
const EACH = 75
/** One comment has nearly all of the rows; ten thousand others are beside it. */
const HOT = '50050001-aaaa-bbbb-cccc-ddddeeee0001'
const HOT_ROWS = 100_000
const COLD_COMMENTS = 10_000
const coldComment = (n: number) => `60060001-aaaa-bbbb-cccc-${String(n).padStart(12, '0')}`
const n = namesOf(reaction)
const OURS = [
  'comments',
  'comment_reactions',
  ...['counts', 'tombstones', 'unseen', 'refused', 'log', 'log_sums'],
].map((name, i) => (i < 2 ? name : `onecount_reaction_${name}`))

const server = forAllTests(() => startPostgresServer({ fsync: false }))
let owner: Sql
let url: string
beforeAll(async () => {
  owner = await kindDatabase(server, 'plans', reaction)
  url = server.url.replace(/postgres$/, 'plans')
  for (const table of OURS) await owner.unsafe(`alter table ${table} set (autovacuum_enabled = false)`)
  // Statistics of a time when everything was empty.
  await owner.unsafe('analyze')
  await fill(reaction)
})
afterAll(() => owner?.end())

/** As a restore does it: without the work of triggers. */
async function fill({ variants }: Kind): Promise<void> {
  await owner.unsafe(`
    set session_replication_role = replica;
    insert into comments (id) select '${HOT}'::uuid
      union all select ('60060001-aaaa-bbbb-cccc-' || lpad(n::text, 12, '0'))::uuid
        from generate_series(0, ${COLD_COMMENTS - 1}) n;
    insert into ${n.counts} (id, target, variant, likes)
      select c.id || '~' || v, c.id, v, 1 from comments c, unnest(array['${variants!.join("', '")}']) v;
    insert into comment_reactions (comment_id, user_id, emoji, onecount_op)
      select '${HOT}'::uuid, 'hot-' || n, '👍', 2 * n + 1 from generate_series(1, ${HOT_ROWS}) n
      union all select id, 'cold', '🎉', 3 from comments
      union all select id, 'cold', '🐻', 3 from comments;
    insert into ${n.own}tombstones (post_id, session_id, op) select id, 'un', 2 from ${n.counts} where variant = '❤️';
    insert into ${n.own}log (partition, post_id, session_id, op, prev)
      select 1, id, 'cold', 3, 0 from ${n.counts} where variant = '🎉';
    insert into ${n.own}log_sums (post_id, change) select id, 1 from ${n.counts} where variant = '🎉';
    set session_replication_role = origin;`)
}

const now = () => Date.now() * 1000
const like = (postId: string, sessionId = 'ana'): PairOp => ({ postId, sessionId, op: 2 * now() + 1 })
const unlike = (postId: string, sessionId = 'ana'): PairOp => ({ postId, sessionId, op: 2 * now() })

let writers = 0

function calls(sql: Sql): Record<string, { n: number; run(): Promise<unknown>; isOnce?: boolean }> {
  const port = postgresJsPort(sql, { kind: reaction, timeoutMs: 60_000 })
  const chain = chainOf(port)
  const hot = variantId(HOT, '👍')
  const writer = `by-hand-${writers++}`
  const some = (count: number) =>
    variantIds(
      reaction,
      Array.from({ length: count }, (_, i) => coldComment(i)),
    ).slice(0, count)
  const write = (pairs: PairOp[]) =>
    port.write(
      pairs.map(pair => ({ ...pair, liked: pair.op % 2 === 1 })),
      now(),
    )
  const hydrate = (sessionId: string, most: number, extent: string) => async () => {
    const query = { partition: 0, postIds: [hot, ...some(49)], sessionId, pairs: some(50), most }
    expect((await port.snapshot(query)).session).toMatchObject({ extent })
  }
  return {
    like: { n: 1, run: () => write([like(some(1)[0]!)]) },
    'likes and unlikes in one call': {
      n: 100,
      run: () => write(some(100).map((id, i) => (i % 2 ? like : unlike)(id))),
    },
    'a like of a hot comment': { n: 1, run: () => write([like(hot)]) },
    'an unlike of a hot comment': { n: 1, run: () => write([unlike(hot, 'hot-1')]) },
    'a batch': {
      n: 110,
      run: () => chain.drain([...some(98).map(id => like(id, 'ben')), like(hot, 'ben')], { limit: 10 }),
    },
    peek: { n: 100, run: () => port.peek([hot, ...some(49)], 'hot-3') },
    'a snapshot with a session': { n: 120, run: hydrate('hot-4', 1000, 'all') },
    'a snapshot with a session of many': { n: 250, run: hydrate('cold', 100, 'some') },
    'a snapshot of many sessions': {
      n: 600,
      run: async () => {
        const sessions = ['hot-4', 'cold', ...Array.from({ length: 48 }, (_, i) => `new-${i}`)]
        const asked = sessions.map(sessionId => ({ sessionId, pairs: some(5) }))
        const told = await port.snapshots({ partition: 0, postIds: [hot], sessions: asked, most: 100 })
        expect(told.sessions.filter(({ extent }) => extent === 'some')).toHaveLength(1)
      },
    },
    posts: { n: 100, run: () => port.posts(variantId(coldComment(10), ''), 100) },
    likes: { n: 100, run: () => port.likes(variantId(coldComment(10), ''), 100) },
    session: { n: 10, run: () => port.session('cold', variantId(coldComment(5000), ''), 10) },
    'the first page of ratings': { n: 10, run: () => port.ratings(null, 500) },
    'a page of ratings amid a hot comment': {
      n: 10,
      run: () => port.ratings({ postId: hot, sessionId: 'hot-5' }, 500),
    },
    'rows by hand': {
      n: 20,
      isOnce: true,
      run: () =>
        sql.unsafe(`
        insert into comment_reactions (comment_id, user_id, emoji)
        select ('60060001-aaaa-bbbb-cccc-' || lpad(n::text, 12, '0'))::uuid, '${writer}', '👍' from generate_series(1, 10) n`),
    },
    'another variant by hand': {
      n: 20,
      run: () =>
        sql.unsafe(`
        update comment_reactions set emoji = '❤️' where comment_id = '${coldComment(3)}' and user_id = '${writer}'`),
    },
    'a comment removed': {
      n: 20,
      run: async () => expect(await port.removePost(variantId(coldComment(9000), '👍'))).toBe(true),
      isOnce: true,
    },
    'a snapshot before Redis is told of that': { n: 120, run: hydrate('hot-4', 1000, 'some') },
    'a comment made': {
      n: 5,
      isOnce: true,
      run: () => sql`insert into comments values (${coldComment(9000)})`,
    },
  }
}

async function expectIndexes(): Promise<void> {
  const { sql, explain } = await explainedConnection(url)
  const wrong: string[] = []
  try {
    for (const [name, { n, run, isOnce }] of Object.entries(calls(sql))) {
      // The first call reads the catalogue too.
      if (!isOnce) await run()
      const { scanned, buffers, plans }: Work = await explain(run)
      const tables = scanned.filter(table => OURS.includes(table))
      if (plans.length === 0 || tables.length > 0 || buffers > BASE + EACH * n)
        wrong.push(`${name}: scanned ${tables.join(', ') || 'nothing'}, ${buffers} pages`, ...plans)
    }
  } finally {
    await sql.end()
  }
  expect(wrong.join('\n')).toBe('')
}

describe('the functions of a kind with variants answer by index', () => {
  // As if Redis had been told of the comment that the test before has removed.
  beforeEach(() => owner.unsafe(`delete from ${n.own}log where session_id = ''`))

  it('of tables that were analysed while they were empty', expectIndexes, 60_000)

  it('of tables that were never analysed', async () => {
    await owner.unsafe(`
      delete from pg_statistic where starelid = any ('{${OURS}}'::regclass[]);
      update pg_class set reltuples = -1, relpages = 0, relallvisible = 0 where relname ~ '^(${OURS.join('|')})'`)
    await expectIndexes()
  })

  it('of tables whose statistics say that one comment has nearly all rows', async () => {
    await owner.unsafe('analyze')
    await expectIndexes()
  })
})
