import type { Stores } from './figures'
import type { Look } from './point'

/** What can be wrong: in words, and what an operator does about it. `docs/operations.md` has the same sentences. */
export const INCIDENTS = {
  down: {
    title: 'Neither store answers',
    means: 'Pages show the last known numbers, and browsers keep what is pressed.',
    todo: 'Bring one of them back: `REDIS_URL` and `SUPABASE_URL` say where they are.',
  },
  redis: {
    title: 'Redis does not answer',
    means: 'Likes and reads go to Postgres, which is slower, and pages say *Catching up*.',
    todo: 'See that Redis runs and that `REDIS_URL` leads to it. Once it is back, the next drain brings it what Postgres took meanwhile: there is nothing else to do.',
  },
  postgres: {
    title: 'Postgres does not answer',
    means: 'Redis serves what it has. What is pressed waits there, and is lost only if Redis loses it.',
    todo: 'See that Postgres runs and takes connections. Once it is back, the next batches bring it what waits: there is nothing else to do.',
  },
  foreign: {
    title: 'Postgres belongs to another Redis',
    means: 'This process reads and writes Postgres alone, which is correct and slower.',
    todo: 'Correct `REDIS_URL`, `SUPABASE_URL` or `ONECOUNT_PARTITIONS`. To move on purpose: `npx onecount takeover`.',
  },
  'refuses-all': {
    title: 'Postgres refuses every press',
    means: 'The drain is paused, and what is pressed waits in Redis.',
    todo: 'The log of the process that drains has the message of Postgres: a column, a grant or a policy that has changed. Undo that; the drain goes on by itself. `npx onecount doctor` names what is missing.',
  },
  failed: {
    title: 'The drain has failed',
    means: 'The drain is paused by an error of its own, tries again, and what is pressed waits in Redis.',
    todo: 'The log of this process has the error. `npx onecount doctor` looks for its cause.',
  },
  late: {
    title: 'A like waits for Postgres for more than a minute',
    means: 'No process drains, or likes come faster than the drain moves them.',
    todo: 'See that an application or `npx onecount worker` runs. If one does: run `npx onecount worker` near Postgres with `DATABASE_URL`, then use more partitions.',
  },
  refused: {
    title: 'Postgres refused presses by a rule of its own',
    means: 'They are set aside, and the number and the heart went back. All other presses land.',
    todo: '`npx onecount refused` lists them with the reason. Remove the cause, then `--retry`; or `--drop` them.',
  },
  drift: {
    title: 'Counts differ between the stores',
    means: 'The sample check compared posts, drained, compared them again, and they still differ.',
    todo: '`npx onecount verify` names the posts, `npx onecount reconcile` repairs them.',
  },
  diverged: {
    title: 'A store had lost something',
    means:
      'Redis and Postgres no longer shared a history: every post is read from Postgres anew when it is looked at.',
    todo: 'After a restore, a failover or a new Redis there is nothing to do. Otherwise find out what emptied Redis, and see that `maxmemory-policy` is `noeviction`.',
  },
  unseen: {
    title: 'Redis has not seen more than 1,000 ops of Postgres',
    means: 'Redis was away, or rows were edited in bulk.',
    todo: 'Each batch makes it less: see that it falls. `npx onecount verify` should find nothing afterwards.',
  },
  lost: {
    title: 'Presses are not accepted',
    means: 'Neither store accepted them, or the server failed. The browsers that made them send them again.',
    todo: 'Look at the stores above, and at the log of this process for what failed.',
  },
} as const satisfies Record<string, { title: string; means: string; todo: string }>

export type IncidentId = keyof typeof INCIDENTS

/** Something that is or was wrong. Milliseconds since 1970; `until` is null while it lasts. */
export interface Incident {
  id: IncidentId
  since: number
  until: number | null
}

/** Incidents that are kept. */
export const KEPT = 20
/** Over this an op does not get through, seconds. */
const LATE_SECONDS = 60
const MANY_UNSEEN = 1000

/** What is wrong by what the stores say. An outage explains what follows from it, which is not named beside it. */
function wrongNow(stores: Stores): IncidentId[] {
  const { redis, postgres, paused, drift } = stores
  const found: IncidentId[] = []
  if (redis !== 'up' && postgres === 'down') found.push('down')
  else if (redis === 'down' && paused !== 'foreign') found.push('redis')
  else if (postgres === 'down') found.push('postgres')
  if (paused === 'foreign') found.push('foreign')
  if (paused === 'refused') found.push('refuses-all')
  if (paused === 'failed') found.push('failed')
  const isExplained = found.length > 0
  if ((stores.oldest ?? 0) > LATE_SECONDS && !isExplained) found.push('late')
  if ((stores.unseen ?? 0) > MANY_UNSEEN && !isExplained) found.push('unseen')
  if ((stores.refused ?? 0) > 0) found.push('refused')
  if ((drift.differing ?? 0) > 0) found.push('drift')
  return found
}

/** What is known of incidents. */
export interface Watch {
  /** Newest first. */
  incidents: readonly Incident[]
  /** What the last look found for the first time, and when: it may be a moment of a store, or of this process. */
  suspected: ReadonlyMap<IncidentId, number>
}

export const NOTHING: Watch = { incidents: [], suspected: new Map() }

/** Whether the next look at the stores should come soon: something is wrong, or may be. */
export const isTense = ({ incidents, suspected }: Watch): boolean =>
  suspected.size > 0 || incidents.some(({ until }) => until === null)

/**
 * After the stores were asked: what two looks in a row find is an incident, since the first of them. What only one store
 * knows goes on as it was while that store is away.
 */
export function afterLook({ incidents, suspected }: Watch, stores: Stores, at: number): Watch {
  const wrong = new Set(wrongNow(stores))
  const isUnknown = ({ id }: Incident) =>
    (id === 'refused' && stores.refused === null) || (id === 'unseen' && stores.unseen === null)
  const known = incidents.map(one => {
    if (one.until !== null || EVENTS.has(one.id) || isUnknown(one) || wrong.has(one.id)) return one
    return { ...one, until: at }
  })
  const found = [...wrong].filter(id => !known.some(one => one.id === id && one.until === null))
  const begun = found.flatMap((id): Incident[] => {
    const since = suspected.get(id)
    return since === undefined ? [] : [{ id, since, until: null }]
  })
  return {
    incidents: kept([...begun, ...known]),
    suspected: new Map(found.filter(id => !suspected.has(id)).map(id => [id, at])),
  }
}

/** What the counters tell: it lasts for as long as it goes on. */
const EVENTS: ReadonlySet<IncidentId> = new Set<IncidentId>(['diverged', 'lost'])

/** A process that finds an empty Redis when it begins has lost nothing: within this time, milliseconds. */
const BEGINNING_MS = 60_000

/** After the counters have moved from `before` to `after`. `since`: when the process began. */
export function afterCount(
  { incidents, suspected }: Watch,
  before: Look,
  { at, counted }: Look,
  since: number,
): Watch {
  const isBeginning = before.counted.divergences === 0 && at - since < BEGINNING_MS
  const moved: Partial<Record<IncidentId, boolean>> = {
    diverged: counted.divergences > before.counted.divergences && !isBeginning,
    lost: counted.lost > before.counted.lost,
  }
  const known = incidents.map(one =>
    one.until === null && EVENTS.has(one.id) && !moved[one.id] ? { ...one, until: at } : one,
  )
  const begun = [...EVENTS].filter(id => moved[id] && !known.some(one => one.id === id && one.until === null))
  return {
    incidents: kept([...begun.map((id): Incident => ({ id, since: at, until: null })), ...known]),
    suspected,
  }
}

function kept(incidents: readonly Incident[]): Incident[] {
  const open = incidents.filter(({ until }) => until === null)
  const over = incidents.filter(({ until }) => until !== null)
  return [...open, ...over.slice(0, Math.max(0, KEPT - open.length))]
}
