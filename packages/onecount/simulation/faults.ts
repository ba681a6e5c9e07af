import type { Random } from '../test/support/random'

/** What can go wrong, and variations of normal behaviour. Each seed has some of them. */
export const FAULTS = [
  'request lost',
  'reply lost',
  'request late',
  'request twice',
  'crash',
  'redis down',
  'postgres down',
  'split brain',
  'redis flushed',
  'redis rolled back',
  'redis key lost',
  'redis queue lost',
  'key expired',
  'postgres rolled back',
  'clock skew',
  'servers apart',
  'clock set back',
  'redis clock',
  'client clocks',
  'no op',
  'replays',
  'toggles',
  'post removed',
  'moderation',
  'ack postgres',
  're-send',
  'short recent',
  'op refused',
  'dozen instances',
  'settings apart',
  'bystanders',
] as const

export type Fault = (typeof FAULTS)[number]

/** Of every six seeds one is calm, two have a single fault and three have a mix. */
export function chooseFaults(random: Random): Set<Fault> {
  const kind = random.below(6)
  if (kind === 0) return new Set()
  if (kind < 3) return new Set([random.pick(FAULTS)])
  return new Set(FAULTS.filter(() => random.chance(0.35)))
}

/** Something that happens to a store or an instance, of the faults that a seed has; null where it has none of them. */
export function chooseEvent(random: Random, faults: ReadonlySet<Fault>): Fault | null {
  const events = EVENTS.filter(fault => faults.has(fault))
  return events.length > 0 ? random.pick(events) : null
}

const EVENTS: Fault[] = [
  'crash',
  'clock set back',
  'redis down',
  'postgres down',
  'split brain',
  'redis flushed',
  'redis rolled back',
  'redis key lost',
  'redis queue lost',
  'key expired',
  'postgres rolled back',
  'op refused',
]
