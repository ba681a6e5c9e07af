import { onecount } from '@/app/utils/onecount'
import { redis } from '@/app/utils/redis/client'
import type { Stores } from './figures'
import { type History, startHistory } from './history'
import type { Incident } from './incidents'
import { type RedisMemory, readMemory } from './memory'
import type { Point } from './point'
import { type Refused, readRefused } from './refused'

/** Everything that the page shows. Times in milliseconds since 1970. */
export interface Report {
  since: number
  now: number
  /** Oldest first. */
  points: Point[]
  /** Null: they were not asked yet. */
  stores: { said: Stores; at: number } | null
  incidents: Incident[]
  /** Null: it was not read, or nothing was refused. */
  refused: Refused | null
  /** A text: why it is not known. */
  memory: RedisMemory | string
}

/** What a reader has already: points up to this one, of a process that began then. */
export interface Known {
  since: number
  at: number
}

/** What is read from the stores for the page alone, and for everybody who looks: milliseconds. */
const KEPT_MS = 15_000
/** How long a page waits for stores that hang, milliseconds. */
const WAIT_MS = 1500

/** Of this process: Next loads this module several times. */
const slots = globalThis as unknown as Record<symbol, History | undefined>
const SLOT = Symbol.for('onecount-app.ops-history')

/** Begins to note what the page shows; null where nothing is counted, as a setting is wrong. */
export function history(): History | null {
  slots[SLOT] ??= begin()
  return slots[SLOT] ?? null
}

function begin(): History | undefined {
  try {
    // Makes the engines that are counted.
    onecount.engines()
  } catch {
    // The API says so in the log.
    return undefined
  }
  const metrics = onecount.metrics()
  return metrics && startHistory({ read: options => metrics.values(options) })
}

/** Everything, or with `known` the points that came since. */
export async function readReport(known?: Known): Promise<Report | null> {
  const noted = history()
  if (!noted) return null
  await noted.watch(WAIT_MS)
  const stores = noted.stores()
  const [memory, refused] = await Promise.all([keptMemory(), stores?.said.refused ? keptRefused() : null])
  const from = known?.since === noted.since ? known.at : 0
  return {
    since: noted.since,
    now: Date.now(),
    points: noted.points().filter(({ at }) => at > from),
    stores,
    incidents: [...noted.incidents()],
    refused,
    memory: memory ?? 'Redis has not answered yet.',
  }
}

const keptRefused = kept(() => readRefused(Object.values(onecount.engines().kinds)).catch(() => null))

const keptMemory = kept(async (): Promise<RedisMemory | string> => {
  if (!onecount.engine().hasRedis) return 'No Redis is configured.'
  if (!redis) return 'Redis is reached over REST: see the console of its host.'
  if (redis.status !== 'ready') return 'Redis does not answer.'
  return readMemory(redis, onecount.engine()).catch(error => `This Redis does not say: ${error.message}`)
})

/** Asked for at most once in a while; a page does not wait for stores that hang, and shows what was known before. */
function kept<T>(read: () => Promise<T>): () => Promise<T | null> {
  let last: T | null = null
  let at = Number.NEGATIVE_INFINITY
  let running: Promise<void> | null = null
  return async () => {
    if (performance.now() - at >= KEPT_MS) {
      running ??= read().then(result => {
        last = result
        at = performance.now()
        running = null
      })
      await Promise.race([running, new Promise(resolve => setTimeout(resolve, WAIT_MS))])
    }
    return last
  }
}
