import type { MetricValue } from 'onecount/metrics'
import { countedOf, type Stores, storesOf } from './figures'
import { afterCount, afterLook, type Incident, isTense, NOTHING, type Watch } from './incidents'
import { EVERY_MS, KEPT_MS, type Look, type Point, pointOf } from './point'

/** The stores are asked this often while no page is open and all is well, milliseconds: it costs two round trips. */
const IDLE_LOOK_MS = 10_000
/** A page that has asked within this time is open, milliseconds. */
const WATCHED_MS = 10_000

/** What this process remembers of itself. */
export interface History {
  /** When it began, milliseconds since 1970. */
  readonly since: number
  /** Oldest first, of the last 15 minutes. */
  points(): readonly Point[]
  /** What the stores said last, and when; null before they were asked. */
  stores(): { said: Stores; at: number } | null
  /** Newest first. */
  incidents(): readonly Incident[]
  /** A page is open: the stores are asked with every point. Resolves with an answer that is new enough. */
  watch(waitMs?: number): Promise<void>
  stop(): void
}

interface HistoryOptions {
  /** All series of this process, with those of the stores or without. */
  read(options: { stores: boolean }): Promise<readonly MetricValue[]>
  now?: () => number
  everyMs?: number
}

/**
 * Begins to note what the metrics of this process say, every two seconds: its own counters, which costs nothing, and
 * the stores where it is their turn. Never keeps the process alive.
 */
export function startHistory({ read, now = Date.now, everyMs = EVERY_MS }: HistoryOptions): History {
  const since = now()
  let points: Point[] = []
  let watch: Watch = NOTHING
  let before: Look | null = null
  let stores: { said: Stores; at: number } | null = null
  /** What they said since the last point. */
  let fresh: Stores | null = null
  let looking: Promise<void> | null = null
  let lookedAt = Number.NEGATIVE_INFINITY
  let watchedAt = Number.NEGATIVE_INFINITY

  async function lookAtStores(): Promise<void> {
    lookedAt = now()
    const said = storesOf(await read({ stores: true }))
    const at = now()
    stores = { said, at }
    fresh = said
    watch = afterLook(watch, said, at)
  }

  /** One at a time: a store that hangs holds no second look. */
  const look = (): Promise<void> => {
    looking ??= lookAtStores()
      // A setting is wrong, which the log says.
      .catch(() => {})
      .finally(() => {
        looking = null
      })
    return looking
  }

  async function tick(): Promise<void> {
    const isDue = now() - watchedAt < WATCHED_MS || isTense(watch)
    if (now() - lookedAt >= (isDue ? 0 : IDLE_LOOK_MS)) void look()
    const counted = countedOf(await read({ stores: false }))
    const after: Look = { at: now(), counted }
    // Two at the same moment, as after a pause of the process.
    if (before && after.at - before.at < everyMs / 2) return
    if (before) {
      points.push(pointOf(before, after, fresh))
      watch = afterCount(watch, before, after, since)
      fresh = null
    }
    before = after
    const oldest = after.at - KEPT_MS
    if (points[0] && points[0].at < oldest) points = points.filter(({ at }) => at >= oldest)
  }

  void tick().catch(() => {})
  const timer = setInterval(() => void tick().catch(() => {}), everyMs)
  timer.unref()
  return {
    since,
    points: () => points,
    stores: () => stores,
    incidents: () => watch.incidents,
    async watch(waitMs = 0) {
      watchedAt = now()
      const isNew = stores !== null && now() - stores.at < 2 * everyMs
      if (isNew) return
      let late: NodeJS.Timeout | undefined
      const patience = new Promise<void>(resolve => {
        late = setTimeout(resolve, waitMs)
      })
      await Promise.race([look(), patience])
      clearTimeout(late)
    },
    stop: () => clearInterval(timer),
  }
}
