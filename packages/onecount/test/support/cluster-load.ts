import { createHash } from 'node:crypto'
import { awakeNow } from '@onecount/dev-stack/awake'
import type { Cluster } from 'ioredis'
import { StoreUnavailable } from 'onecount'
import { expect } from 'vitest'
import { clusterScripts } from '../../src/redis/cluster'

/** Counts a call, and how often each call was executed. Answers the call's id and the count. */
export const COUNT_CALL = script(`
local count, calls, id = KEYS[1], KEYS[2], ARGV[1]
redis.call('HINCRBY', calls, id, 1)
return { id, tostring(redis.call('INCR', count)) }
`)

export function script(source: string) {
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}

/** The keys of `COUNT_CALL`, all behind one hash tag. */
export const keysOf = (tag: string) => [`{${tag}}count`, `{${tag}}calls`]

export interface Call {
  tag: string
  id: string
  startedAt: number
  /** How long it took, without what the process slept through. */
  ms: number
  /** The count that it was answered. */
  count?: number
  error?: unknown
}

let nextId = 0

/** One call of `COUNT_CALL`, which is never repeated by its caller. */
export async function countCall(cluster: Cluster, tag: string): Promise<Call> {
  const id = `call ${++nextId}`
  const [startedAt, began] = [performance.now(), awakeNow()]
  const call = { tag, id, startedAt }
  const ended = () => ({ ...call, ms: awakeNow() - began })
  try {
    const [answered, count] = (await runnerOf(cluster)(COUNT_CALL, keysOf(tag), [id])) as string[]
    expect(answered).toBe(id)
    return { ...ended(), count: Number(count) }
  } catch (error) {
    return { ...ended(), error }
  }
}

const runners = new WeakMap<Cluster, ReturnType<typeof clusterScripts>>()
function runnerOf(cluster: Cluster) {
  const runner = runners.get(cluster) ?? clusterScripts(cluster)
  runners.set(cluster, runner)
  return runner
}

/** Calls from several clients, a few of each at once, on the keys of all tags in turn, until it is stopped. */
export class Load {
  readonly calls: Call[] = []
  #isStopped = false
  readonly #workers: Promise<void>[]

  constructor(
    clients: Cluster[],
    readonly tags: string[],
    atOnce = 4,
  ) {
    this.#workers = clients.flatMap(client => Array.from({ length: atOnce }, (_, i) => this.#work(client, i)))
  }

  async #work(client: Cluster, offset: number): Promise<void> {
    for (let turn = offset; !this.#isStopped; turn++) {
      const call = await countCall(client, this.tags[turn % this.tags.length]!)
      this.calls.push(call)
      // Calls that fail at once would keep the machine busy.
      if (call.error) await new Promise(resolve => setTimeout(resolve, 2))
    }
  }

  /** Waits until every tag had a call that began after now and was answered. */
  async servesAll(): Promise<void> {
    const now = performance.now()
    const served = () => {
      const answered = this.calls.filter(call => call.startedAt > now && call.error === undefined)
      return this.tags.filter(tag => !answered.some(call => call.tag === tag))
    }
    await expect.poll(served).toEqual([])
  }

  async stop(): Promise<Call[]> {
    this.#isStopped = true
    await Promise.all(this.#workers)
    return this.calls
  }
}

export const answered = (calls: Call[]) => calls.filter(call => call.error === undefined)

/** Every call was answered or failed as StoreUnavailable, in time. */
export function expectAnswers(calls: Call[], withinMs: number): void {
  const wrong = calls.filter(call => call.error !== undefined && !isRedisUnavailable(call.error))
  expect(wrong).toEqual([])
  expect(calls.filter(call => call.ms >= withinMs)).toEqual([])
}

const isRedisUnavailable = (error: unknown) => error instanceof StoreUnavailable && error.store === 'redis'

/**
 * No call was executed twice, and none of these is lost: the count of a tag is how many of its calls were executed.
 *
 * @returns how many calls that failed were executed
 */
export async function expectEachOnce(
  reader: Cluster,
  calls: Call[],
  kept = answered(calls),
): Promise<number> {
  let executedUnanswered = 0
  for (const tag of new Set(calls.map(call => call.tag))) {
    const [countKey, callsKey] = keysOf(tag) as [string, string]
    const executed = await reader.hgetall(callsKey)
    expect(Object.entries(executed).filter(([, times]) => times !== '1')).toEqual([])
    expect(Number(await reader.get(countKey))).toBe(Object.keys(executed).length)
    expect(kept.filter(call => call.tag === tag && !(call.id in executed))).toEqual([])
    executedUnanswered += calls.filter(call => call.tag === tag && call.error && call.id in executed).length
  }
  return executedUnanswered
}

/** No two calls were answered the same count: nothing that was counted has been forgotten meanwhile. */
export function expectDistinctCounts(calls: Call[]): void {
  const counts = answered(calls).map(call => `${call.tag} ${call.count}`)
  expect(new Set(counts).size).toBe(counts.length)
}
