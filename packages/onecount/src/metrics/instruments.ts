/** One metric: what `docs/metrics.md` says of it, but for what to do when it is high. */
export interface Instrument {
  type: 'counter' | 'gauge' | 'histogram'
  labels: readonly string[]
  help: string
}

/** Every metric by its name. A test compares the names with the docs, the dashboard and the alert rules. */
export const INSTRUMENTS = {
  onecount_presses_total: {
    type: 'counter',
    labels: ['kind', 'outcome', 'store'],
    help: 'Presses answered, by outcome and by the store that took them.',
  },
  onecount_press_duration_seconds: {
    type: 'histogram',
    labels: ['kind'],
    help: 'Time from a press to its answer.',
  },
  onecount_read_posts_total: {
    type: 'counter',
    labels: ['kind', 'source'],
    help: 'Posts whose count was read, by where it was read.',
  },
  onecount_read_duration_seconds: {
    type: 'histogram',
    labels: ['kind'],
    help: 'Time that reading one page of counts took.',
  },
  onecount_hydrated_total: {
    type: 'counter',
    labels: ['of'],
    help: 'Posts and sessions brought from Postgres into Redis.',
  },
  onecount_drain_batches_total: {
    type: 'counter',
    labels: ['kind', 'outcome'],
    help: 'Batches that Postgres has answered.',
  },
  onecount_drained_ops_total: {
    type: 'counter',
    labels: ['kind'],
    help: 'Ops that the drain of this process has brought to Postgres.',
  },
  onecount_drain_refused_ops_total: {
    type: 'counter',
    labels: ['kind'],
    help: 'Ops of batches that Postgres has refused and set aside.',
  },
  onecount_drain_step_duration_seconds: {
    type: 'histogram',
    labels: ['step'],
    help: 'Time that one call of a step of the drain took.',
  },
  onecount_drain_step_failures_total: {
    type: 'counter',
    labels: ['step'],
    help: 'Calls of a step of the drain that failed; the drain pauses and starts again.',
  },
  onecount_divergences_total: {
    type: 'counter',
    labels: [],
    help: 'Epochs begun because the stores shared no history.',
  },
  onecount_drift_checked_posts_total: {
    type: 'counter',
    labels: ['kind'],
    help: 'Posts whose counts the sample check has compared.',
  },
  onecount_drift_check_failures_total: {
    type: 'counter',
    labels: ['kind'],
    help: 'Sample checks that a store did not answer.',
  },
  onecount_drift_posts: {
    type: 'gauge',
    labels: ['kind'],
    help: 'Posts of the last sample whose counts differ between the stores.',
  },
  onecount_drift_checked_timestamp_seconds: {
    type: 'gauge',
    labels: ['kind'],
    help: 'When the last sample check ended.',
  },
  onecount_status: {
    type: 'gauge',
    labels: ['kind', 'status'],
    help: '1 for the status of /api/health, 0 for the others.',
  },
  onecount_store_up: {
    type: 'gauge',
    labels: ['kind', 'store'],
    help: '1 if the store answers this process.',
  },
  onecount_breaker_open: {
    type: 'gauge',
    labels: ['kind'],
    help: '1 while this process does not ask Redis because it did not answer.',
  },
  onecount_pending_ops: {
    type: 'gauge',
    labels: ['kind'],
    help: 'Ops that Redis has accepted and Postgres has not confirmed.',
  },
  onecount_oldest_pending_seconds: {
    type: 'gauge',
    labels: ['kind'],
    help: 'Age of the oldest pending op.',
  },
  onecount_unseen_ops: {
    type: 'gauge',
    labels: ['kind'],
    help: 'Ops that Postgres has accepted and Redis has not seen, counted up to 10,000.',
  },
  onecount_refused_ops: {
    type: 'gauge',
    labels: ['kind'],
    help: 'Ops that Postgres refused and that are set aside, counted up to 1,000.',
  },
  onecount_drain_paused: {
    type: 'gauge',
    labels: ['kind', 'cause'],
    help: '1 for the cause why this process does not drain, 0 for the others.',
  },
  onecount_last_drain_timestamp_seconds: {
    type: 'gauge',
    labels: ['kind'],
    help: 'When this process last drained.',
  },
} as const satisfies Record<string, Instrument>

/** Names of the metrics of one type. */
export type NameOf<Type extends Instrument['type']> = {
  [Name in keyof typeof INSTRUMENTS]: (typeof INSTRUMENTS)[Name]['type'] extends Type ? Name : never
}[keyof typeof INSTRUMENTS]

/** The labels of a metric. */
export type LabelsOf<Name extends keyof typeof INSTRUMENTS> = Record<
  (typeof INSTRUMENTS)[Name]['labels'][number],
  string
>

/** Upper bounds of the buckets of every histogram, seconds. */
export const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const
