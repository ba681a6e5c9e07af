import { cpus } from 'node:os'
import { createOnecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { load, median, quantile } from './statistics'
import { POSTS, postId, startStores } from './stores'

/** Connections of each side: what the driver opens by itself. */
const CONNECTIONS = 10
/** Each connection prepares and plans its statements for itself, and settles on plans after some calls. */
const WARM_UP_SECONDS = 4

interface Side {
  likesPerSecond: number
  p50Ms: number
  p99Ms: number
}

interface PostgresReport {
  machine: string
  concurrency: number
  rounds: number
  /** On posts that are picked at random, and all on one post. */
  spread: Comparison
  hot: Comparison
}

interface Comparison {
  engine: Side
  plain: Side
  /** Median of the rounds' ratios. */
  ratio: number
  /** Whether likes = rows of every post afterwards, as the engine counts. */
  exact: boolean
}

interface PostgresOptions {
  seconds: number
  rounds: number
  concurrency: number
}

/** The tables without anything of the engine: no triggers, no ops, no bookkeeping. */
const PLAIN = `
  create table plain_posts (id uuid primary key, likes integer not null default 0);
  create table plain_ratings (
    post_id uuid not null references plain_posts (id) on delete cascade, session_id text not null,
    created_at timestamptz not null default now(), unique (post_id, session_id));
  insert into plain_posts (id) select id from posts_new;
  analyze plain_posts;`

/**
 * Likes without Redis: through the engine, and as the two plainest statements (an upsert and an update) through the same
 * connections, in turns. PostgreSQL flushes every commit to the disk.
 */
export async function postgres(
  { seconds, rounds, concurrency }: PostgresOptions,
  say: (line: string) => void,
) {
  say('starting PostgreSQL …')
  const stores = await startStores({ connections: CONNECTIONS, hydrate: false })
  const { sql } = stores
  await sql.unsafe(PLAIN)
  const onecount = createOnecount({ redis: null, postgres: postgresJsPort(sql), log: { warn() {} } })

  const sides = {
    engine: (post: string) => onecount.set(post, crypto.randomUUID(), true),
    plain: async (post: string) => {
      await sql`insert into plain_ratings (post_id, session_id) values (${post}, ${crypto.randomUUID()})
        on conflict (post_id, session_id) do update set created_at = now()`
      await sql`update plain_posts set likes = likes + 1 where id = ${post}`
    },
  }

  async function compare(name: string, post: () => string): Promise<Comparison> {
    const times = { engine: [] as number[], plain: [] as number[] }
    const rates = { engine: [] as number[], plain: [] as number[] }
    for (const side of ['engine', 'plain'] as const)
      await load(() => sides[side](post()), concurrency, WARM_UP_SECONDS)
    for (let round = 1; round <= rounds; round++) {
      const order = round % 2 ? (['plain', 'engine'] as const) : (['engine', 'plain'] as const)
      for (const side of order) {
        const took = await load(() => sides[side](post()), concurrency, seconds)
        rates[side].push(took.length / seconds)
        times[side].push(...took)
      }
      const [engine, plain] = [rates.engine.at(-1)!, rates.plain.at(-1)!].map(Math.round)
      say(`${name}, round ${round} of ${rounds}: engine ${engine}/s, two statements ${plain}/s`)
    }
    const side = (of: 'engine' | 'plain'): Side => ({
      likesPerSecond: Math.round(median(rates[of])),
      p50Ms: round2(quantile(times[of], 0.5)),
      p99Ms: round2(quantile(times[of], 0.99)),
    })
    const [wrong] = await sql`
      select count(*)::integer as n from posts_new p
       where likes <> (select count(*) from post_ratings r where r.post_id = p.id)`
    return {
      engine: side('engine'),
      plain: side('plain'),
      ratio: round2(median(rates.engine.map((rate, i) => rate / rates.plain[i]!))),
      exact: wrong!.n === 0,
    }
  }

  const spread = await compare('spread', () => postId(1 + Math.floor(Math.random() * POSTS)))
  const hot = await compare('one hot post', () => postId(1))
  await stores.stop()
  const machine = `${cpus().length} cores, Node ${process.version}`
  const report: PostgresReport = { machine, concurrency, rounds, spread, hot }
  return { report, table: format(report) }
}

const round2 = (value: number): number => Math.round(value * 100) / 100

function format({ machine, concurrency, rounds, spread, hot }: PostgresReport): string {
  const row = (name: string, { likesPerSecond, p50Ms, p99Ms }: Side) =>
    [name.padEnd(32), ...[likesPerSecond, p50Ms, p99Ms].map(cell => String(cell).padStart(10))].join('')
  const rows = (name: string, { engine, plain, ratio, exact }: Comparison) => [
    row(`${name}: engine`, engine),
    row(`${name}: two statements`, plain),
    `${''.padEnd(32)}engine / two statements: ${ratio}; counts ${exact ? 'exact' : 'WRONG'}`,
  ]
  return [
    `${concurrency} at once, no Redis, ${CONNECTIONS} connections, ${machine}; medians of ${rounds} rounds in turns`,
    ['', 'likes/s', 'p50 ms', 'p99 ms'].map((cell, i) => (i ? cell.padStart(10) : cell.padEnd(32))).join(''),
    ...rows('10,000 posts', spread),
    ...rows('one hot post', hot),
  ].join('\n')
}
