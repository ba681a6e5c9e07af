import { createRandom, type Random } from '../test/support/random'

/** What can go wrong, and variations of normal behaviour. Each seed has some of them. `over rest`: what HTTP adds. */
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
  'post comes back',
  'over rest',
] as const

export type Fault = (typeof FAULTS)[number]

/** Faults that were added later, with how many of the mixes have them: chosen apart, so that a seed keeps its others. */
const LATER = new Map<Fault, number>([
  ['post comes back', 0.7],
  ['over rest', 0.35],
])
const EARLIER = FAULTS.filter(fault => !LATER.has(fault))

/** Of every six seeds one is calm, two have a single fault and three have a mix. */
export function chooseFaults(random: Random): Set<Fault> {
  const kind = random.below(6)
  if (kind === 0) return new Set()
  if (kind < 3) return new Set([random.pick(EARLIER)])
  const mix = EARLIER.filter(() => random.chance(0.35))
  const apart = createRandom(~random.seed)
  const later = [...LATER].filter(([, share]) => apart.chance(share))
  return new Set([...mix, ...later.map(([fault]) => fault)])
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
