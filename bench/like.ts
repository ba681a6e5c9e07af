import { cpus } from 'node:os'
import { createClock, createKeys, MAX_OP_AHEAD, nextOp } from 'onecount'
import { SCRIPTS } from 'onecount/redis'
import { sessionId } from './ratings'
import { warmSessions } from './sessions'
import { load, median, quantile } from './statistics'
import { POSTS, postId, startStores } from './stores'

interface LikeReport {
  machine: string
  concurrency: number
  seconds: number
  rounds: number
  engineLikesPerSecond: number
  bareScriptsPerSecond: number
  /** Median of the rounds' ratios. */
  ratio: number
  p50Ms: number
  p99Ms: number
  redisMicrosPerLike: number
  draining: Load & { pendingAfterwards: number | null }
  /** Answered once Postgres holds them. */
  ackPostgres: Load
}

interface Load {
  likesPerSecond: number
  p50Ms: number
  p99Ms: number
}

interface LikeOptions {
  seconds: number
  rounds: number
  concurrency: number
}

const SESSIONS = 5000
const below = (n: number) => Math.floor(Math.random() * n)
const anyPost = () => postId(1 + below(POSTS))
const anySession = () => sessionId(1 + below(SESSIONS))

/**
 * Likes and unlikes of random warm sessions on random warm posts: through the engine, and as the bare `write` script through
 * the same client with the same keys and arguments, in turns. Then through the engine while it drains to Postgres.
 */
export async function like({ seconds, rounds, concurrency }: LikeOptions, say: (line: string) => void) {
  say('starting Redis and PostgreSQL …')
  const stores = await startStores()
  const { client, onecount } = stores
  const keys = createKeys()
  const now = createClock()

  // With an op, as browsers press.
  const press = (options?: { ack: 'postgres' }) => {
    const liked = Math.random() < 0.6
    const op = nextOp(now(), 0, liked)
    return onecount.set(anyPost(), anySession(), liked, { ...options, op })
  }
  const engine = () => press()
  const bare = () => {
    const post = anyPost()
    const session = anySession()
    const op = nextOp(now(), 0, Math.random() < 0.6)
    const names = [
      keys.q,
      keys.meta(post),
      keys.ops(session),
      keys.rank,
      keys.likes(post),
      keys.sessions(session),
      keys.liked(post),
    ]
    return client.evalsha(
      SCRIPTS.write.sha1,
      names.length,
      ...names,
      post,
      session,
      op,
      now(),
      'warm',
      MAX_OP_AHEAD,
    )
  }

  const rates = { engine: [] as number[], bare: [] as number[] }
  const times: number[] = []
  await client.script('LOAD', SCRIPTS.write.source)
  // A session's first press asks Postgres what it likes.
  await warmSessions(onecount, SESSIONS)
  await load(engine, concurrency, 1)
  await client.config('RESETSTAT')
  for (let round = 1; round <= rounds; round++) {
    const first = round % 2 === 0
    for (const side of first ? (['engine', 'bare'] as const) : (['bare', 'engine'] as const)) {
      const took = await load(side === 'engine' ? engine : bare, concurrency, seconds)
      rates[side].push(took.length / seconds)
      if (side === 'engine') times.push(...took)
    }
    say(
      `round ${round} of ${rounds}: engine ${Math.round(rates.engine.at(-1)!)}/s, bare ${Math.round(rates.bare.at(-1)!)}/s`,
    )
  }
  const serverMicros = Number(
    /cmdstat_evalsha:.*?usec_per_call=([\d.]+)/.exec(await client.info('commandstats'))?.[1],
  )

  say('the same while it drains …')
  onecount.drainer.start()
  const draining = await load(engine, concurrency, seconds * rounds)
  await onecount.drainer.stop({ budgetMs: 60_000 })
  const { pending } = await onecount.health()

  say('answered once Postgres holds them …')
  const ackPostgres = await load(() => press({ ack: 'postgres' }), concurrency, seconds * rounds)
  await stores.stop()

  const ratios = rates.engine.map((rate, i) => rate / rates.bare[i]!)
  const report: LikeReport = {
    machine: `${cpus().length} cores, Node ${process.version}`,
    concurrency,
    seconds,
    rounds,
    engineLikesPerSecond: Math.round(median(rates.engine)),
    bareScriptsPerSecond: Math.round(median(rates.bare)),
    ratio: Math.round(median(ratios) * 1000) / 1000,
    p50Ms: round2(quantile(times, 0.5)),
    p99Ms: round2(quantile(times, 0.99)),
    redisMicrosPerLike: serverMicros,
    draining: { ...loadOf(draining, seconds * rounds), pendingAfterwards: pending },
    ackPostgres: loadOf(ackPostgres, seconds * rounds),
  }
  return { report, table: format(report) }
}

const loadOf = (times: readonly number[], seconds: number): Load => ({
  likesPerSecond: Math.round(times.length / seconds),
  p50Ms: round2(quantile(times, 0.5)),
  p99Ms: round2(quantile(times, 0.99)),
})

const round2 = (value: number): number => Math.round(value * 100) / 100

function format(r: LikeReport): string {
  const rows = [
    ['', 'likes/s', 'p50 ms', 'p99 ms'],
    ['engine', r.engineLikesPerSecond, r.p50Ms, r.p99Ms],
    ['bare script', r.bareScriptsPerSecond, '', ''],
    ['engine, draining', r.draining.likesPerSecond, r.draining.p50Ms, r.draining.p99Ms],
    ['ack postgres', r.ackPostgres.likesPerSecond, r.ackPostgres.p50Ms, r.ackPostgres.p99Ms],
  ]
  return [
    `${r.concurrency} at once, ${POSTS.toLocaleString('en')} posts, ${r.machine}; medians of ${r.rounds} rounds in turns`,
    ...rows.map(
      ([name, ...cells]) =>
        `${String(name).padEnd(18)}${cells.map(cell => String(cell).padStart(10)).join('')}`,
    ),
    `engine / bare script: ${r.ratio}; Redis spends ${r.redisMicrosPerLike} µs on a like`,
  ].join('\n')
}
