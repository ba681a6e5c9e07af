import type { Health } from '../core/health'
import type { PauseCause } from '../core/pause'
import type { LabelsOf, NameOf } from './instruments'

/** A gauge at the moment of a scrape. */
export interface Reading {
  labels: Readonly<Record<string, string>>
  value: number
}

/** Gauges by their names; what is not known is left out. */
export type Readings = Map<string, Reading[]>

const STATUSES = ['ok', 'degraded', 'down'] as const satisfies readonly Health['status'][]
const CAUSES = ['unreachable', 'refused', 'foreign', 'failed'] as const satisfies readonly PauseCause[]

/** The health of each kind as gauges. */
export function healthGauges(kinds: Readonly<Record<string, Health>>): Readings {
  const readings: Readings = new Map()
  const set = <Name extends NameOf<'gauge'>>(name: Name, labels: LabelsOf<Name>, value: number | null) => {
    if (value !== null) readings.set(name, [...(readings.get(name) ?? []), { labels, value }])
  }
  for (const [kind, health] of Object.entries(kinds)) {
    for (const status of STATUSES) set('onecount_status', { kind, status }, Number(health.status === status))
    if (health.redis !== 'off')
      set('onecount_store_up', { kind, store: 'redis' }, Number(health.redis === 'up'))
    set('onecount_store_up', { kind, store: 'postgres' }, Number(health.postgres === 'up'))
    set('onecount_pending_ops', { kind }, health.pending)
    set('onecount_oldest_pending_seconds', { kind }, inSeconds(health.oldestPendingMs))
    set('onecount_unseen_ops', { kind }, health.unseen)
    set('onecount_refused_ops', { kind }, health.refused)
    for (const cause of CAUSES) set('onecount_drain_paused', { kind, cause }, Number(health.paused === cause))
    const drainedAt = health.lastDrainAt === null ? null : Date.parse(health.lastDrainAt)
    set('onecount_last_drain_timestamp_seconds', { kind }, inSeconds(drainedAt))
  }
  return readings
}

const inSeconds = (ms: number | null) => (ms === null ? null : ms / 1000)
