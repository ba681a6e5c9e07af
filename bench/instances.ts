import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { createClock, createOnecount, nextOp, type Onecount } from 'onecount'
import { postgresJsPort } from 'onecount/postgres'
import { createRedisClient, ioredisPort } from 'onecount/redis'
import postgres from 'postgres'
import { resetCounters, scriptCalls } from './commands'
import { sessionId } from './ratings'
import { median, quantile, round } from './statistics'
import { POSTS, postId, startStores, watched } from './stores'

interface InstancesReport {
  machine: string
  backlog: number
  drains: Drain[]
  durable: Durable
}

interface Drain {
  instances: number
  /** Until Postgres held the backlog. */
  seconds: number
  opsPerSecond: number
  /** Scripts that Redis ran for it. */
  calls: number
  /** Scripts that all instances together call in two seconds while there is nothing to do. */
  idleCalls: number
}

interface Durable {
  instances: number
  likesPerSecond: number
  /** From the press until Postgres holds it. */
  p50Ms: number
  p99Ms: number
  maxMs: number
}

const INSTANCES = [1, 4, 12, 40]
const BACKLOG = 20_000
/** Likes under way at once while the backlog gathers. */
const FILLING = 50
/** Instances that are told of likes at a steady rate. */
const LIKED = 12
const LIKES_PER_SECOND = 1000
/** For so long their idle calls are counted: two rounds of their timers. */
const IDLE_MS = 4000
/** How often is looked whether something is done. */
const LOOK_MS = 5
const PATIENCE_MS = 60_000

type Stores = Awaited<ReturnType<typeof startStores>>

/**
 * Many instances on the same stores, each with its own connections, in one process: how long they take for one backlog,
 * and what they ask of Redis. Then how long likes wait for Postgres at a steady rate.
 */
export async function instances(
  { seconds, rounds }: { seconds: number; rounds: number },
  say: (line: string) => void,
) {
  say('starting Redis and PostgreSQL …')
  const stores = await startStores()
  try {
    const runs = new Map<number, Drained[]>(INSTANCES.map(n => [n, []]))
    const idle = new Map<number, number>()
    for (let n = 1; n <= rounds; n++) {
      for (const count of INSTANCES) {
        const waiting = new Waiting()
        const engines = await startEngines(stores, count, waiting.end)
        const drained = await drainWith(stores, engines, waiting)
        runs.get(count)!.push(drained)
        if (n === 1) idle.set(count, await idleCalls(stores))
        await stopEngines(engines)
        say(
          `round ${n} of ${rounds}: ${count} instances ${round(drained.seconds, 2)} s, ${drained.calls} calls`,
        )
      }
    }
    const drains = INSTANCES.map((count): Drain => {
      const seconds = median(runs.get(count)!.map(({ seconds }) => seconds))
      return {
        instances: count,
        seconds: round(seconds, 2),
        opsPerSecond: Math.round(BACKLOG / seconds),
        calls: median(runs.get(count)!.map(({ calls }) => calls)),
        idleCalls: idle.get(count)!,
      }
    })
    say(`${LIKES_PER_SECOND} likes a second …`)
    const report: InstancesReport = {
      machine: `${cpus().length} cores, Node ${process.version}`,
      backlog: BACKLOG,
      drains,
      durable: await untilDurable(stores, seconds * rounds),
    }
    return { report, table: format(report, rounds) }
  } finally {
    await stores.stop()
  }
}

let pairs = 0
const now = createClock()

/** Likes that Postgres does not hold yet. */
class Waiting {
  readonly #since = new Map<string, number>()
  /** How long those waited that it holds, milliseconds. */
  readonly times: number[] = []

  /** A like of a pair that there was not before. */
  async press(onecount: Onecount): Promise<void> {
    const session = sessionId(++pairs)
    this.#since.set(session, performance.now())
    await onecount.set(postId(1 + Math.floor(Math.random() * POSTS)), session, true, {
      op: nextOp(now(), 0, true),
    })
  }

  readonly end = (sessions: readonly string[]): void => {
    for (const session of sessions) {
      const since = this.#since.get(session)
      if (since !== undefined) this.times.push(performance.now() - since)
      this.#since.delete(session)
    }
  }

  get size(): number {
    return this.#since.size
  }
}

/** Waits until Postgres holds them. */
async function until({ sql }: Stores, waiting: Waiting): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (waiting.size > 0) {
    if (performance.now() > end) throw new Error(`${waiting.size} likes did not reach Postgres in time`)
    await pause(LOOK_MS)
  }
  const [row] = await sql`select count(*)::integer as n from post_ratings`
  if (row!.n !== pairs) throw new Error(`Postgres holds ${row!.n} likes of ${pairs}`)
}

type Drained = Pick<Drain, 'seconds' | 'calls'>

/** All of them begin at once, with the whole backlog there. */
async function drainWith(stores: Stores, engines: readonly Engine[], waiting: Waiting): Promise<Drained> {
  const { client, onecount } = stores
  const fill = async () => {
    for (let n = 0; n < BACKLOG / FILLING; n++) await waiting.press(onecount)
  }
  await Promise.all(Array.from({ length: FILLING }, fill))
  await resetCounters(client)
  const began = performance.now()
  for (const { onecount } of engines) onecount.drain.start()
  await until(stores, waiting)
  const seconds = (performance.now() - began) / 1000
  return { seconds, calls: await scriptCalls(client) }
}

/** Script calls in two seconds of all instances, once they have nothing to do. */
async function idleCalls({ client, onecount }: Stores): Promise<number> {
  while ((await onecount.health()).pending !== 0) await pause(LOOK_MS)
  await pause(IDLE_MS)
  await resetCounters(client)
  await pause(IDLE_MS)
  return round((2000 * (await scriptCalls(client))) / IDLE_MS, 1)
}

/** Likes at a steady rate, whatever becomes of those before. */
async function untilDurable(stores: Stores, seconds: number): Promise<Durable> {
  const waiting = new Waiting()
  const engines = await startEngines(stores, LIKED, waiting.end)
  for (const { onecount } of engines) onecount.drain.start()
  const total = seconds * LIKES_PER_SECOND
  const pressing: Promise<void>[] = []
  const began = performance.now()
  while (pressing.length < total) {
    const due = Math.floor(((performance.now() - began) / 1000) * LIKES_PER_SECOND)
    while (pressing.length < Math.min(total, due))
      pressing.push(waiting.press(engines[pressing.length % engines.length]!.onecount))
    await pause(LOOK_MS)
  }
  await Promise.all(pressing)
  await until(stores, waiting)
  await stopEngines(engines)
  return {
    instances: LIKED,
    likesPerSecond: LIKES_PER_SECOND,
    p50Ms: round(quantile(waiting.times, 0.5), 1),
    p99Ms: round(quantile(waiting.times, 0.99), 1),
    maxMs: round(quantile(waiting.times, 1), 1),
  }
}

interface Engine {
  onecount: Onecount
  close(): Promise<void>
}

/** Each with connections of its own, as in processes of their own. */
async function startEngines(
  { redisUrl, databaseUrl }: Stores,
  count: number,
  onApplied: (sessions: string[]) => void,
): Promise<Engine[]> {
  const told = (_: number, entries: readonly { sessionId: string }[]) =>
    onApplied(entries.map(({ sessionId }) => sessionId))

  const engines = Array.from({ length: count }, (): Engine => {
    const own = createRedisClient(redisUrl)
    const rows = postgres(databaseUrl, { max: 2, onnotice() {} })
    const onecount = createOnecount({
      redis: ioredisPort(own),
      postgres: watched(postgresJsPort(rows), told),
      log: { warn() {} },
    })
    const close = async () => {
      await onecount.drain.stop({ budgetMs: 1000 })
      own.disconnect()
      await rows.end({ timeout: 1 })
    }
    return { onecount, close }
  })
  // Connections are there before the clock starts.
  await Promise.all(engines.map(({ onecount }) => onecount.health()))
  return engines
}

const stopEngines = (engines: Engine[]) => Promise.all(engines.map(({ close }) => close()))

function format({ machine, backlog, drains, durable }: InstancesReport, rounds: number): string {
  const line = (cells: (string | number)[]) => cells.map(cell => String(cell).padStart(14)).join('')
  const { instances, likesPerSecond, p50Ms, p99Ms, maxMs } = durable
  return [
    `a backlog of ${backlog.toLocaleString('en')} ops, instances in one process, ${machine}; ` +
      `medians of ${rounds} rounds in turns`,
    line(['instances', 'seconds', 'ops/s', 'script calls', 'idle calls/2 s']),
    ...drains.map(({ instances, seconds, opsPerSecond, calls, idleCalls }) =>
      line([instances, seconds, opsPerSecond, calls, idleCalls]),
    ),
    `${instances} instances, ${likesPerSecond} likes/s: Postgres holds a like after p50 ${p50Ms} ms, ` +
      `p99 ${p99Ms} ms, at most ${maxMs} ms`,
  ].join('\n')
}
