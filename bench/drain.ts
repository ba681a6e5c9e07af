import { cpus } from 'node:os'
import { createClock, createKeys, nextOp } from 'onecount'
import { SCRIPTS } from 'onecount/redis'
import { type Ceiling, ceilingOf } from './drain-ceiling'
import { processorSeconds } from './end-to-end/processors'
import { median, quantile, round } from './statistics'
import { POSTS, postId, startStores } from './stores'

/** One drain, while people go on. */
interface Drained {
  seconds: number
  opsPerSecond: number
  /** Likes that people pressed meanwhile. */
  likes: { perSecond: number; p50Ms: number; p99Ms: number; maxMs: number }
  /** What the processors spent on each op, microseconds; the likes that people pressed meanwhile are in it. */
  micros: { node: number; redis: number; postgres: number }
  /** The longest that Redis was busy with one call of a script, milliseconds. */
  longest: Record<string, number>
}

interface DrainReport {
  machine: string
  /** Ops that had gathered, each of a pair of its own. */
  backlog: number
  /** Redis' memory with the whole backlog, MiB. */
  redisMb: number
  drained: Drained
  /** Full batches of that, in Postgres: the median of the first tenth of them and of the last, milliseconds. */
  batches: { count: number; firstMs: number; lastMs: number; ratio: number }
  /** Ops that Redis gave to Postgres again after it had lost something: all that were drained lately. */
  recent: number
  again: Drained
  /** Posts afterwards, when nothing is left to drain. */
  afterwards: {
    /** Of which Redis and Postgres show another count. */
    different: number
    /** Of which Redis said no count in time. */
    unread: number
  }
  /** Likes of the backlog that Postgres does not have. */
  lost: number
  ceiling: Ceiling
}

interface DrainOptions {
  ops: number
  /** Likes under way at once while it drains. */
  concurrency: number
}

/** The likes of the backlog were pressed within so long before, microseconds. */
const HOUR = 3_600_000_000
/** Pause of a person between two likes, milliseconds: the drain is looked at, not the most that Redis can take. */
const PAUSE_MS = 100
const PROGRESS_MS = 5000
/** Posts that are read at once. */
const READ_PAGE = 250
/** Ops in a batch that is full. */
const FULL = 1000
/** Entries of Redis' slow log that are kept. */
const SLOWEST = 100_000

type Stores = Awaited<ReturnType<typeof startStores>>

/** Postgres was away for an hour of likes: how long until it has them, while people go on. */
export async function drain({ ops, concurrency }: DrainOptions, say: (line: string) => void) {
  say('starting Redis and PostgreSQL …')
  const batches: number[] = []
  // Nothing in Postgres may depend on statistics that are up to date.
  const stores = await startStores({
    stale: true,
    onBatch: (ms, size) => size >= FULL && batches.push(ms),
  })
  const { client, onecount, sql } = stores
  const now = createClock()

  const began = now()
  let pressed = 0
  const press = () => {
    const n = pressed++
    const op = nextOp(began - HOUR + Math.floor((HOUR * n) / ops), 0, true)
    return onecount.set(postId(1 + (n % POSTS)), `session-${Math.floor(n / POSTS)}`, true, { op })
  }
  const fill = async () => {
    while (pressed < ops) {
      await press()
      if (pressed % 500_000 === 0) say(`${pressed.toLocaleString('en')} likes wait for Postgres`)
    }
  }
  await Promise.all(Array.from({ length: 50 }, fill))
  const backlog = (await onecount.health()).pending ?? 0
  const redisMb = Math.round(Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]) / 2 ** 20)

  const drained = await drainWhilePeopleLike(stores, backlog, concurrency, say)
  const inPostgres = tenths(batches)

  say('Postgres has lost something: it is given again what was drained lately …')
  const recent = await client.zcard(createKeys().recent)
  await sql`update like_receipt set nonce = 'that of an older backup'`
  const again = await drainWhilePeopleLike(stores, recent, concurrency, say)

  // What people pressed while the last batch was under way is only in Redis.
  await onecount.drainer.flush({ budgetMs: Number.POSITIVE_INFINITY })
  const afterwards = await compare(stores)
  const [{ landed }] = (await sql`
    select count(*)::integer as landed from post_ratings where session_id like 'session-%'`) as unknown as [
    { landed: number },
  ]
  say('the same table without an engine …')
  const ceiling = await ceilingOf(stores.databaseUrl, stores.pids.postgres)
  await stores.stop()

  const report: DrainReport = {
    machine: `${cpus().length} cores, Node ${process.version}`,
    backlog,
    redisMb,
    drained,
    batches: inPostgres,
    recent,
    again,
    afterwards,
    lost: pressed - landed,
    ceiling,
  }
  return { report, table: format(report) }
}

/** What both stores show of every post. */
async function compare({ onecount, sql }: Stores): Promise<DrainReport['afterwards']> {
  const afterwards = { different: 0, unread: 0 }
  const rows = await sql<{ id: string; likes: number }[]>`select id, likes from posts_new order by id`
  // In pages, as a read has a deadline and every post is cold after the loss.
  for (let i = 0; i < rows.length; i += READ_PAGE) {
    const page = rows.slice(i, i + READ_PAGE)
    const shown = await onecount.read(page.map(({ id }) => id))
    for (const { id, likes } of page) {
      const state = shown.get(id)
      if (state?.source !== 'redis') afterwards.unread++
      else if (state.count !== likes) afterwards.different++
    }
  }
  return afterwards
}

/** Drains until nothing is left. */
async function drainWhilePeopleLike(
  { client, onecount, pids }: Stores,
  ops: number,
  concurrency: number,
  say: (line: string) => void,
): Promise<Drained> {
  await client.config('SET', 'slowlog-log-slower-than', 1000)
  await client.config('SET', 'slowlog-max-len', SLOWEST)
  await client.slowlog('RESET')
  const spent = () => {
    const { user, system } = process.cpuUsage()
    return [(user + system) / 1e6, processorSeconds(pids.redis), processorSeconds(pids.postgres)]
  }
  const before = spent()
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1000
  const progress = setInterval(async () => {
    const { pending } = await onecount.health()
    say(`${(pending ?? 0).toLocaleString('en')} left after ${Math.round(elapsed())} s`)
  }, PROGRESS_MS)
  let isDone = false
  const times: number[] = []
  const people = Array.from({ length: concurrency }, async (_, person) => {
    for (let n = 0; !isDone; n++) {
      const at = performance.now()
      await onecount.set(postId(1 + Math.floor(Math.random() * POSTS)), `person-${person}`, n % 2 === 0)
      times.push(performance.now() - at)
      await new Promise(resolve => setTimeout(resolve, 2 * PAUSE_MS * Math.random()))
    }
  })
  try {
    await onecount.drainer.flush({ budgetMs: Number.POSITIVE_INFINITY })
  } finally {
    isDone = true
    clearInterval(progress)
  }
  const seconds = elapsed()
  const [node, redis, postgres] = spent().map((now, i) => round1(((now - before[i]!) * 1e6) / ops)) as [
    number,
    number,
    number,
  ]
  await Promise.all(people)
  return {
    seconds: round1(seconds),
    opsPerSecond: Math.round(ops / seconds),
    micros: { node, redis, postgres },
    likes: {
      perSecond: Math.round(times.length / seconds),
      p50Ms: round1(quantile(times, 0.5)),
      p99Ms: round1(quantile(times, 0.99)),
      maxMs: round1(Math.max(...times)),
    },
    longest: await longestCalls(client),
  }
}

/** How long Redis was busy with the longest call of each script, milliseconds, of those that took over one. */
async function longestCalls(client: Stores['client']): Promise<Record<string, number>> {
  const longest: Record<string, number> = {}
  const names = new Map(Object.entries(SCRIPTS).map(([name, { sha1 }]) => [sha1 as string, name]))
  const calls = (await client.slowlog('GET', SLOWEST)) as [number, number, micros: number, string[]][]
  for (const [, , micros, [, sha]] of calls) {
    const name = names.get(sha ?? '')
    if (name) longest[name] = Math.max(longest[name] ?? 0, round1(micros / 1000))
  }
  return longest
}

function tenths(times: readonly number[]): DrainReport['batches'] {
  const tenth = Math.max(1, Math.floor(times.length / 10))
  const [first, last] = [median(times.slice(0, tenth)), median(times.slice(-tenth))]
  return { count: times.length, firstMs: round1(first), lastMs: round1(last), ratio: round1(last / first) }
}

const round1 = (value: number): number => Math.round(value * 10) / 10

function format({
  machine,
  backlog,
  redisMb,
  drained,
  batches,
  recent,
  again,
  afterwards: { different, unread },
  lost,
  ceiling,
}: DrainReport): string {
  return [
    `a backlog of ${backlog.toLocaleString('en')} ops on ${POSTS.toLocaleString('en')} posts, ${machine}`,
    `drained in ${describe(drained)}`,
    `${batches.count} full batches in Postgres, tables analysed while empty: median of the first tenth ` +
      `${batches.firstMs} ms, of the last ${batches.lastMs} ms (${batches.ratio} times)`,
    `Redis held ${redisMb.toLocaleString('en')} MiB`,
    `after a loss ${recent.toLocaleString('en')} recent ops were given to Postgres again in ${describe(again)}`,
    different + unread === 0
      ? 'afterwards both stores show the same'
      : `afterwards ${different} posts differ, and ${unread} were not read from Redis in time`,
    lost === 0 ? 'Postgres has every like of the backlog' : `${lost} likes of the backlog are lost`,
    'rows of the same table without an engine       rows/s   PostgreSQL µs a row',
    ...Object.entries(ceiling).map(
      ([way, { rowsPerSecond, micros }]) =>
        `  ${way.padEnd(41)}${String(rowsPerSecond).padStart(10)}${String(micros).padStart(22)}`,
    ),
    `drained / COPY: ${round(drained.opsPerSecond / ceiling.COPY!.rowsPerSecond, 2)}`,
  ].join('\n')
}

function describe({ seconds, opsPerSecond, micros, likes, longest }: Drained): string {
  const scripts = Object.entries(longest).map(([name, ms]) => `${name} ${ms} ms`)
  return [
    `${seconds} s, ${opsPerSecond.toLocaleString('en')} ops/s`,
    `processor µs an op: Node ${micros.node}, Redis ${micros.redis}, PostgreSQL ${micros.postgres}`,
    `meanwhile ${likes.perSecond} likes/s: p50 ${likes.p50Ms} ms, p99 ${likes.p99Ms} ms, at most ${likes.maxMs} ms`,
    `longest in Redis: ${scripts.join(', ') || 'nothing over 1 ms'}`,
  ].join('\n  ')
}
