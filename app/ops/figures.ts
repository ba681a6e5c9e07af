import type { MetricValue } from 'onecount/metrics'

/** How long one call of each step of the drain took, milliseconds; null: there was none. */
export interface Steps {
  collect: number | null
  sync: number | null
  settle: number | null
}

/** What this process has counted since it began, and the stores have not been asked for. */
export interface Counted {
  /** Likes and unlikes that were accepted, those among them that Postgres alone accepted, and those that were lost. */
  presses: number
  byPostgres: number
  lost: number
  hydratedPosts: number
  hydratedSessions: number
  batches: number
  drained: number
  divergences: number
  steps: Record<keyof Steps, { ms: number; calls: number }>
}

export type StoreState = 'up' | 'down' | 'off'

/** What the stores say at one moment, of all kinds together. Null: the store that knows it does not answer. */
export interface Stores {
  status: 'ok' | 'degraded' | 'down'
  redis: StoreState
  postgres: StoreState
  isBreakerOpen: boolean
  pending: number | null
  /** Age of the oldest pending op, seconds. */
  oldest: number | null
  unseen: number | null
  /** Ops that are set aside. */
  refused: number | null
  /** Why this process does not drain; null: it drains, or has nothing to drain. */
  paused: string | null
  /** When this process last drained, milliseconds since 1970. */
  drainedAt: number | null
  drift: Drift
}

/** What the sample check has found. */
export interface Drift {
  /** Posts of the last check whose counts differ; null: none has ended. */
  differing: number | null
  /** Milliseconds since 1970. */
  checkedAt: number | null
  /** Posts that were compared since the process began. */
  compared: number
  failures: number
}

/** Reads the counters and histograms. */
export function countedOf(values: readonly MetricValue[]): Counted {
  const sum = (name: string, is: (labels: MetricValue['labels']) => boolean = () => true) =>
    add(values.filter(one => one.name === name && is(one.labels)).map(({ value }) => value))
  const accepted = ['accepted', 'durable']
  const step = (name: string) => {
    const all = values.filter(one => one.name === 'onecount_drain_step_duration_seconds')
    const own = all.filter(({ labels }) => labels.step === name)
    return {
      ms: add(own.map(({ histogram }) => histogram!.sum)) * 1000,
      calls: add(own.map(({ value }) => value)),
    }
  }
  return {
    presses: sum('onecount_presses_total', ({ outcome }) => accepted.includes(outcome!)),
    byPostgres: sum(
      'onecount_presses_total',
      ({ outcome, store }) => accepted.includes(outcome!) && store === 'postgres',
    ),
    lost: sum('onecount_presses_total', ({ outcome }) => ['unavailable', 'failed'].includes(outcome!)),
    hydratedPosts: sum('onecount_hydrated_total', ({ of }) => of === 'post'),
    hydratedSessions: sum('onecount_hydrated_total', ({ of }) => of === 'session'),
    batches: sum('onecount_drain_batches_total', ({ outcome }) => outcome === 'applied'),
    drained: sum('onecount_drained_ops_total'),
    divergences: sum('onecount_divergences_total'),
    steps: { collect: step('collect'), sync: step('sync'), settle: step('settle') },
  }
}

/** Reads the gauges: the worst of the kinds, their backlogs added up. */
export function storesOf(values: readonly MetricValue[]): Stores {
  const all = (name: string, is: (labels: MetricValue['labels']) => boolean = () => true) =>
    values.filter(one => one.name === name && is(one.labels)).map(({ value }) => value)
  const kinds = all('onecount_status', ({ status }) => status === 'ok').length
  /** Null as soon as it is not known of one kind. */
  const known = (name: string, join: (numbers: number[]) => number) => {
    const numbers = all(name)
    return numbers.length > 0 && numbers.length === kinds ? join(numbers) : null
  }
  const stateOf = (store: string): StoreState => {
    const ups = all('onecount_store_up', labels => labels.store === store)
    if (ups.length === 0) return 'off'
    return ups.every(up => up === 1) ? 'up' : 'down'
  }
  const isStatus = (name: string) => all('onecount_status', ({ status }) => status === name)
  const paused = values.find(({ name, value }) => name === 'onecount_drain_paused' && value === 1)
  const drainedAt = all('onecount_last_drain_timestamp_seconds')
  const differing = all('onecount_drift_posts')
  const checkedAt = all('onecount_drift_checked_timestamp_seconds')
  return {
    status: isStatus('ok').every(is => is === 1)
      ? 'ok'
      : isStatus('down').every(is => is === 1)
        ? 'down'
        : 'degraded',
    redis: stateOf('redis'),
    postgres: stateOf('postgres'),
    isBreakerOpen: all('onecount_breaker_open').includes(1),
    pending: known('onecount_pending_ops', add),
    oldest: known('onecount_oldest_pending_seconds', numbers => Math.max(...numbers)),
    unseen: known('onecount_unseen_ops', add),
    refused: known('onecount_refused_ops', add),
    paused: paused?.labels.cause ?? null,
    drainedAt: drainedAt.length > 0 ? Math.max(...drainedAt) * 1000 : null,
    drift: {
      differing: differing.length > 0 ? add(differing) : null,
      checkedAt: checkedAt.length > 0 ? Math.min(...checkedAt) * 1000 : null,
      compared: add(all('onecount_drift_checked_posts_total')),
      failures: add(all('onecount_drift_check_failures_total')),
    },
  }
}

const add = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)
