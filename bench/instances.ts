import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { createClock, nextOp } from 'onecount'
import { resetCounters, scriptCalls } from './commands'
import { type Engine, type Press, startEngine, startEngineProcess } from './instances/engines'
import { sessionId } from './ratings'
import { warmSessions } from './sessions'
import { median, quantile, round } from './statistics'
import { POSTS, postId, startStores } from './stores'

interface InstancesReport {
  machine: string
  processes: boolean
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
/** So many at most in processes of their own: to start more takes a small machine minutes. */
const MAX_PROCESSES = 12
const BACKLOG = 20_000
/** Likes under way at once while the backlog gathers. */
const FILLING = 50
/** Instances that are told of likes at a steady rate. */
const LIKED = 12
const LIKES_PER_SECOND = 1000
/** Each instance looks twice by itself after it has begun, and has its turn after that; milliseconds. */
const BEGINNING_MS = 10_000
/** For so long their idle calls are counted: four turns. */
const IDLE_MS = 8000
/** Likes of the first seconds are not counted: the programs have only begun. */
const WARM_UP_S = 5
/** How often is looked whether something is done. */
const LOOK_MS = 5
const PATIENCE_MS = 60_000

interface InstancesOptions {
  seconds: number
  rounds: number
  /** Each instance in a process of its own. */
  processes: boolean
}

type Stores = Awaited<ReturnType<typeof startStores>>

/**
 * Many instances on the same stores, each with its own connections: how long they take for one backlog, and what they ask
 * of Redis. Then how long likes wait for Postgres at a steady rate.
 */
export async function instances(
  { seconds, rounds, processes }: InstancesOptions,
  say: (line: string) => void,
) {
  say('starting Redis and PostgreSQL …')
  const stores = await startStores()
  const start: Start = (count, waiting) => {
    const startOne = processes ? startEngineProcess : startEngine
    return Promise.all(Array.from({ length: count }, () => startOne(stores, waiting.end)))
  }
  try {
    const counts = INSTANCES.filter(count => !processes || count <= MAX_PROCESSES)
    const runs = new Map<number, Drained[]>(counts.map(n => [n, []]))
    const idle = new Map<number, number>()
    for (let n = 1; n <= rounds; n++) {
      for (const count of counts) {
        const waiting = new Waiting()
        const engines = await start(count, waiting)
        const drained = await drainWith(stores, engines, waiting)
        runs.get(count)!.push(drained)
        if (n === 1) idle.set(count, await idleCalls(stores))
        await stopEngines(engines)
        say(
          `round ${n} of ${rounds}: ${count} instances ${round(drained.seconds, 2)} s, ${drained.calls} calls`,
        )
      }
    }
    const drains = counts.map((count): Drain => {
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
      processes,
      backlog: BACKLOG,
      drains,
      durable: await untilDurable(stores, start, seconds * rounds),
    }
    return { report, table: format(report, rounds) }
  } finally {
    await stores.stop()
  }
}

type Start = (count: number, waiting: Waiting) => Promise<Engine[]>

let pairs = 0
const now = createClock()

/** Likes that Postgres does not hold yet. */
class Waiting {
  readonly #since = new Map<string, number>()
  /** How long those waited that it holds, milliseconds. */
  readonly times: number[] = []

  /** A like of a pair that there was not before, to be pressed now. */
  like(): Press {
    const session = sessionId(++pairs)
    this.#since.set(session, performance.now())
    return { post: postId(1 + Math.floor(Math.random() * POSTS)), session, op: nextOp(now(), 0, true) }
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
    for (let n = 0; n < BACKLOG / FILLING; n++) {
      const { post, session, op } = waiting.like()
      await onecount.set(post, session, true, { op })
    }
  }
  await Promise.all(Array.from({ length: FILLING }, fill))
  await resetCounters(client)
  const began = performance.now()
  for (const engine of engines) engine.start()
  await until(stores, waiting)
  const seconds = (performance.now() - began) / 1000
  return { seconds, calls: await scriptCalls(client) }
}

/** Script calls in two seconds of all instances, once they have nothing to do. */
async function idleCalls({ client, onecount }: Stores): Promise<number> {
  while ((await onecount.health()).pending !== 0) await pause(LOOK_MS)
  await pause(BEGINNING_MS)
  await resetCounters(client)
  await pause(IDLE_MS)
  return round((2000 * (await scriptCalls(client))) / IDLE_MS, 1)
}

/** Likes of people who have seen a page, at a steady rate, whatever becomes of those before. */
async function untilDurable(stores: Stores, start: Start, seconds: number): Promise<Durable> {
  const waiting = new Waiting()
  await warmSessions(stores.onecount, (WARM_UP_S + seconds) * LIKES_PER_SECOND, pairs + 1)
  const engines = await start(LIKED, waiting)
  for (const engine of engines) engine.start()
  const total = (WARM_UP_S + seconds) * LIKES_PER_SECOND
  let pressed = 0
  let warmUp = 0
  const began = performance.now()
  while (pressed < total) {
    const due = Math.floor(((performance.now() - began) / 1000) * LIKES_PER_SECOND)
    for (; pressed < Math.min(total, due); pressed++) engines[pressed % engines.length]!.press(waiting.like())
    if (pressed < WARM_UP_S * LIKES_PER_SECOND) warmUp = waiting.times.length
    await pause(LOOK_MS)
  }
  await until(stores, waiting)
  await stopEngines(engines)
  const times = waiting.times.slice(warmUp)
  return {
    instances: LIKED,
    likesPerSecond: LIKES_PER_SECOND,
    p50Ms: round(quantile(times, 0.5), 1),
    p99Ms: round(quantile(times, 0.99), 1),
    maxMs: round(quantile(times, 1), 1),
  }
}

const stopEngines = (engines: readonly Engine[]) => Promise.all(engines.map(({ close }) => close()))

function format({ machine, processes, backlog, drains, durable }: InstancesReport, rounds: number): string {
  const line = (cells: (string | number)[]) => cells.map(cell => String(cell).padStart(14)).join('')
  const { instances, likesPerSecond, p50Ms, p99Ms, maxMs } = durable
  return [
    `a backlog of ${backlog.toLocaleString('en')} ops, instances in ${processes ? 'processes of their own' : 'one process'}, ` +
      `${machine}; medians of ${rounds} rounds in turns`,
    line(['instances', 'seconds', 'ops/s', 'script calls', 'idle calls/2 s']),
    ...drains.map(({ instances, seconds, opsPerSecond, calls, idleCalls }) =>
      line([instances, seconds, opsPerSecond, calls, idleCalls]),
    ),
    `${instances} instances, ${likesPerSecond} likes/s: Postgres holds a like after p50 ${p50Ms} ms, ` +
      `p99 ${p99Ms} ms, at most ${maxMs} ms`,
  ].join('\n')
}
