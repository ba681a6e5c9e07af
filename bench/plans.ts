import { randomUUID } from 'node:crypto'
import { cpus } from 'node:os'
import { applyMigrations } from '@onecount/dev-stack/migrations'
import { startPostgresServer } from '@onecount/dev-stack/postgres-server'
import { createClock, nextOp, type PostgresPort } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import postgres, { type Sql } from 'postgres'
import { quantile } from './statistics'
import { postId, STALE } from './stores'

/** How long one kind of call took. */
interface Timed {
  call: string
  medianMs: number
  p95Ms: number
  calls: number
}

interface PlansReport {
  machine: string
  ratings: number
  posts: number
  /** Ratings of the hot post. */
  hot: number
  /** How long the ratings took to write and the likes to set. */
  loadSeconds: number
  timed: Timed[]
}

interface Kind {
  /** At most; fewer when they take long. */
  calls: number
  run(): Promise<unknown>
}

/** Posts beside the hot one, which has the smallest id. */
const COLD = 100_000
const HOT = postId(1)
/** Of a hundred ratings, those of the hot post. */
const HOT_PERCENT = 97
/** Posts that a session likes, but for those of the hot post, which like that one alone. */
const SESSION_LIKES = 100
/** Ratings that are written in one transaction. */
const SLICE = 500_000
/** Calls of one kind end after so long, but there are at least so many. */
const MAX_MS = 20_000
const MIN_CALLS = 3
/** Deadline of one call: however long it takes, it is to be measured. */
const DEADLINE_MS = 600_000

const idOf = (n: string) => `('50050001-aaaa-bbbb-cccc-' || lpad(to_hex(${n}), 12, '0'))::uuid`

const CONTENT = `
  insert into profiles (id, username, display_name, avatar_url)
  values ('a0070001-aaaa-bbbb-cccc-000000000001', 'someone', 'Someone', '/a.svg');
  insert into posts_new (id, author_id, caption, image_url)
  select ${idOf('n')}, 'a0070001-aaaa-bbbb-cccc-000000000001', 'caption', '/p.svg'
    from generate_series(1, ${COLD + 1}) n;`

/** Ratings from..to. Cold posts are chosen in an order in which the posts of a session do not lie side by side. */
const ratingsOf = (from: number, to: number) => `
  insert into post_ratings (post_id, session_id, op)
  select case when cold is null then '${HOT}'::uuid else ${idOf(`2 + cold * 7919 % ${COLD}`)} end,
         case when cold is null then 'hot-' || n else 'cold-' || cold / ${SESSION_LIKES} end, 2 * n + 1
    from generate_series(${from}::bigint, ${to}) n,
         lateral (select case when n % 100 >= ${HOT_PERCENT}
                              then n / 100 * ${100 - HOT_PERCENT} + n % 100 - ${HOT_PERCENT} end as cold) which`

const LIKES = `
  update posts_new p set likes = r.n
    from (select post_id, count(*) as n from post_ratings group by post_id) r where p.id = r.post_id`

/**
 * Calls of the engine's Postgres port where statistics are of a time when the tables were empty and one post has nearly
 * all ratings. No table is vacuumed or analysed meanwhile.
 */
export async function plans({ ratings }: { ratings: number }, say: (line: string) => void) {
  say('starting PostgreSQL …')
  const server = await startPostgresServer()
  const sql = postgres(await server.createDatabase('bench'), { max: 1, onnotice() {} })
  try {
    await applyMigrations(async text => [...(await sql.unsafe(text))] as Record<string, unknown>[])
    await sql.unsafe(STALE)
    const loadSeconds = await fill(sql, ratings, say)
    const [{ hot }] =
      (await sql`select likes::integer as hot from posts_new where id = ${HOT}`) as unknown as [
        { hot: number },
      ]
    const port = postgresJsPort(sql, { timeoutMs: DEADLINE_MS })
    const timed: Timed[] = []
    for (const [call, kind] of Object.entries(await kinds(port, ratings))) {
      const done = await timesOf(call, kind)
      timed.push(done)
      say(`${call}: ${done.medianMs} ms`)
    }
    const machine = `${cpus().length} cores, Node ${process.version}`
    const report: PlansReport = { machine, ratings, posts: COLD + 1, hot, loadSeconds, timed }
    return { report, table: format(report) }
  } finally {
    await sql.end({ timeout: 1 })
    await server.kill()
  }
}

/** Answers how many seconds it took. */
async function fill(sql: Sql, ratings: number, say: (line: string) => void): Promise<number> {
  // The engine's triggers look away; likes are those of the rows afterwards (invariant 1).
  const unnoticed = (text: string) =>
    sql.begin(async transaction => {
      await transaction`select set_config('onecount.applying', 'on', true)`
      await transaction.unsafe(text)
    })
  const began = performance.now()
  await sql.unsafe(CONTENT)
  for (let from = 1; from <= ratings; from += SLICE) {
    const to = Math.min(ratings, from + SLICE - 1)
    await unnoticed(ratingsOf(from, to))
    say(`${to.toLocaleString('en')} of ${ratings.toLocaleString('en')} ratings are written`)
  }
  say('setting the likes of the posts …')
  await unnoticed(LIKES)
  return round((performance.now() - began) / 1000)
}

async function kinds(port: PostgresPort, ratings: number): Promise<Record<string, Kind>> {
  const clock = createClock()
  const below = (n: number) => Math.floor(Math.random() * n)
  const coldPost = () => postId(2 + below(COLD))
  const coldPosts = (n: number) => {
    const chosen = new Set<string>()
    while (chosen.size < n) chosen.add(coldPost())
    return [...chosen]
  }
  const sessions = Math.ceil((ratings / 100) * ((100 - HOT_PERCENT) / SESSION_LIKES))
  const coldSession = () => `cold-${below(sessions)}`
  /** A page of so many begins here and is full. */
  const pageAfter = (limit: number) => postId(1 + below(COLD - limit))
  const like = (post: string) => ({
    postId: post,
    sessionId: randomUUID(),
    op: nextOp(clock(), 0, true),
    liked: true,
  })

  const batch = { partition: 0, limit: 1000 }
  // The first drain of a Postgres begins its log, and the chain of batches anew: it is told the receipt.
  const first = await port.sync({ ...batch, parent: '', nonce: randomUUID(), entries: [] })
  if (first.status !== 'rejected') throw new Error(`Postgres answered the first batch: ${first.status}`)
  let parent = first.receipt
  const sync = async (posts: string[]) => {
    const entries = posts.map(post => ({ ...like(post), rev: 0 }))
    const result = await port.sync({ ...batch, parent, nonce: randomUUID(), entries })
    if (result.status !== 'applied') throw new Error(`Postgres did not apply a batch: ${result.status}`)
    parent = result.receipt
  }
  const snapshot = (postIds: string[], sessionId: string | null) =>
    port.snapshot({ partition: 0, postIds, sessionId, pairs: sessionId === null ? [] : postIds, most: 500 })
  return {
    'sync of 1,000 ops, spread': { calls: 50, run: () => sync(coldPosts(1000)) },
    'sync of 1,000 ops, hot post': { calls: 50, run: () => sync(Array<string>(1000).fill(HOT)) },
    'write of one op, spread': { calls: 300, run: () => port.write([like(coldPost())], clock()) },
    'write of one op, hot post': { calls: 300, run: () => port.write([like(HOT)], clock()) },
    'peek of 30 posts, hot one too': {
      calls: 300,
      run: () => port.peek([HOT, ...coldPosts(29)], coldSession()),
    },
    'snapshot of 250 cold posts': { calls: 100, run: () => snapshot(coldPosts(250), null) },
    'snapshot of a page and its session': {
      calls: 300,
      run: () => snapshot([HOT, ...coldPosts(29)], coldSession()),
    },
    'page of 1,000 ratings': {
      calls: 100,
      run: () => port.ratings({ postId: coldPost(), sessionId: '' }, 1000),
    },
    'page of 250 posts, all cold': { calls: 100, run: () => port.posts(pageAfter(250), 250) },
    'page of 500 likes': { calls: 100, run: () => port.likes(pageAfter(500), 500) },
    'page of a session': { calls: 300, run: () => port.session(coldSession(), null, 500) },
    status: { calls: 300, run: () => port.status(0) },
    'ranking of 1,000': { calls: 30, run: () => port.ranking(1000) },
  }
}

/** One after the other. The first one, which also makes the plans, is not counted. */
async function timesOf(call: string, { calls, run }: Kind): Promise<Timed> {
  const times: number[] = []
  await run()
  const end = performance.now() + MAX_MS
  while (times.length < calls && (times.length < MIN_CALLS || performance.now() < end)) {
    const began = performance.now()
    await run()
    times.push(performance.now() - began)
  }
  return {
    call,
    medianMs: round(quantile(times, 0.5)),
    p95Ms: round(quantile(times, 0.95)),
    calls: times.length,
  }
}

const round = (value: number): number => Math.round(value * 100) / 100

function format({ machine, ratings, posts, hot, loadSeconds, timed }: PlansReport): string {
  const n = (value: number) => value.toLocaleString('en')
  const line = (cells: (string | number)[]) =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(36) : String(cell).padStart(11))).join('')
  return [
    `${n(ratings)} ratings of ${n(posts)} posts, ${n(hot)} of one post, loaded in ${loadSeconds} s; ${machine}`,
    line(['', 'median ms', 'p95 ms', 'calls']),
    ...timed.map(({ call, medianMs, p95Ms, calls }) => line([call, medianMs, p95Ms, calls])),
  ].join('\n')
}
