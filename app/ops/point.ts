import type { Counted, Steps, Stores } from './figures'

/** Between two points, milliseconds. */
export const EVERY_MS = 2000
/** How long points are kept, milliseconds. */
export const KEPT_MS = 15 * 60_000

/** What happened between two looks at the counters, and what the stores said by then. */
export interface Point extends Steps {
  /** The end of the time that it is about, milliseconds since 1970. */
  at: number
  /** A second. */
  presses: number
  byPostgres: number
  lost: number
  posts: number
  sessions: number
  batches: number
  drained: number
  /** Null: not known, or the stores were not asked in this time. */
  pending: number | null
  /** Seconds. */
  oldest: number | null
}

/** A look at the counters. */
export interface Look {
  at: number
  counted: Counted
}

/** The point between two looks; `stores`: what they said in between, null where they were not asked. */
export function pointOf(before: Look, after: Look, stores: Stores | null): Point {
  const seconds = (after.at - before.at) / 1000
  const rate = (name: Exclude<keyof Counted, 'steps'>) =>
    round((after.counted[name] - before.counted[name]) / seconds)
  const step = (name: keyof Steps) => {
    const [now, then] = [after.counted.steps[name], before.counted.steps[name]]
    const calls = now.calls - then.calls
    return calls > 0 ? round((now.ms - then.ms) / calls) : null
  }
  return {
    at: after.at,
    presses: rate('presses'),
    byPostgres: rate('byPostgres'),
    lost: rate('lost'),
    posts: rate('hydratedPosts'),
    sessions: rate('hydratedSessions'),
    batches: rate('batches'),
    drained: rate('drained'),
    collect: step('collect'),
    sync: step('sync'),
    settle: step('settle'),
    pending: stores?.pending ?? null,
    oldest: stores?.oldest ?? null,
  }
}

/** Three digits are more than a line can show. */
const round = (number: number): number => (number === 0 ? 0 : Number(number.toPrecision(4)))
