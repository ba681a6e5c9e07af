import { assess, type Damage, settle } from './check'
import type { Fault } from './faults'
import { Person, PROMISES } from './person'
import { SingleRedis } from './single-redis'
import { type Post, Stack, type StartStore } from './stack'

/** What became of everything that happened while one kind of fault struck. */
export interface Row {
  fault: string
  /** How often it struck. */
  times: number
  /** Presses that were answered as accepted, and how many of those Postgres holds. */
  acknowledged: number
  durable: number
  lost: Damage['lost']
  drift: string[]
  /** Last words of the worker, each time that it had ended by itself. */
  workerEnds: string[]
  /** The slowest answer to a request, milliseconds; of a server that people could reach. */
  slowest: number
}

export interface DrillOptions {
  /** Rounds, each with one fault. */
  plan: readonly Fault[]
  /** The Redis that the faults are for; a single one where left out. */
  startStore?: StartStore
  people?: number
  posts?: number
  /** Ends it after the round that is under way. */
  signal?: AbortSignal
  onRound?(fault: Fault, row: Row, done: number): void
}

/**
 * How often a fault strikes that has met nothing: of two who drain one may keep the lease for as long as people press
 * without a pause, and then nothing of the other passes. Once all is drained either may have it.
 */
const TRIES = 3

/** People press all the time; in each round something breaks, and once it is whole again everything is looked at. */
export async function drill({
  plan,
  startStore = SingleRedis.start,
  people = 24,
  posts = 12,
  signal,
  onRound,
}: DrillOptions): Promise<Row[]> {
  const rows = new Map<string, Row>()
  let slowest = 0
  const stack = await Stack.start(makePosts(posts), startStore)
  const crowd = Array.from(
    { length: people },
    (_, i) =>
      new Person({
        url: stack.url,
        posts: stack.posts.map(({ id }) => id),
        promised: PROMISES[i % PROMISES.length]!,
        onAnswer: ms => {
          slowest = Math.max(slowest, ms)
        },
      }),
  )
  try {
    await Promise.all(crowd.map(person => person.arrive()))
    for (const [i, fault] of plan.entries()) {
      if (signal?.aborted) break
      slowest = 0
      const before = pressesOf(crowd)
      const named = (error: Error) => {
        throw new Error(`${fault.name} in round ${i + 1}: ${error.message}`, { cause: error })
      }
      let times = 0
      const workerEnds: string[] = []
      for (let tries = 0; times === 0 && tries < TRIES; tries++) {
        times = await whilePressing(crowd, () => fault.strike(stack)).catch(named)
        workerEnds.push(...(await stack.reviveWorker().catch(named)))
        await settle(stack, crowd).catch(named)
      }
      const damage = await assess(stack, crowd, fault.losesRedis ?? false)
      if (fault.losesRedis) await stack.refillMirrors().catch(named)
      if (!stack.isWorkerAlive) named(new Error('the worker is not there any more'))
      const row = rows.get(fault.name) ?? emptyRow(fault.name)
      const acknowledged = pressesOf(crowd) - before
      rows.set(fault.name, add(row, { times, acknowledged, damage, workerEnds, slowest }))
      onRound?.(fault, row, i + 1)
    }
    return [...rows.values()]
  } finally {
    for (const person of crowd) person.leave()
    await stack.stop()
  }
}

const makePosts = (count: number): Post[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `50050001-aaaa-bbbb-cccc-${String(i).padStart(12, '0')}`,
    base: 100 * i,
  }))

const pressesOf = (crowd: readonly Person[]) => crowd.reduce((sum, { presses }) => sum + presses, 0)

/** People press from before until after; a person whose press is unanswered when all faults are over ends it. */
async function whilePressing<T>(crowd: readonly Person[], work: () => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const pressing = Promise.all(crowd.map(person => person.pressOn(stop.signal)))
  try {
    return await work()
  } finally {
    stop.abort()
    await pressing
  }
}

const emptyRow = (fault: string): Row => ({
  fault,
  times: 0,
  acknowledged: 0,
  durable: 0,
  lost: { redis: 0, postgres: 0, browser: 0 },
  drift: [],
  workerEnds: [],
  slowest: 0,
})

interface Round extends Pick<Row, 'times' | 'acknowledged' | 'workerEnds' | 'slowest'> {
  damage: Damage
}

function add(row: Row, round: Round): Row {
  const { lost, drift } = round.damage
  row.times += round.times
  row.acknowledged += round.acknowledged
  for (const promised of PROMISES) row.lost[promised] += lost[promised]
  row.durable += round.acknowledged - PROMISES.reduce((sum, promised) => sum + lost[promised], 0)
  row.drift.push(...drift)
  row.workerEnds.push(...round.workerEnds)
  row.slowest = Math.max(row.slowest, round.slowest)
  return row
}
