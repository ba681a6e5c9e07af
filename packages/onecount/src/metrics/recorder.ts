import { BOUNDS, type LabelsOf, type NameOf } from './instruments'

type Labels = Readonly<Record<string, string>>

/** A counter with its labels: `value++` is all that counting costs. */
export interface Count {
  readonly labels: Labels
  value: number
}

/** A histogram with its labels. */
export interface Durations {
  readonly labels: Labels
  /** By bucket, not cumulative; the last one is that above every bound. */
  readonly buckets: number[]
  /** Seconds. */
  sum: number
  /** Told of every duration as well. */
  record: ((seconds: number, labels: Labels) => void) | null
}

/** What is counted in this process, by name and labels. */
export function createRecorder() {
  const counts = new Map<string, Count[]>()
  const durations = new Map<string, Durations[]>()
  let onDurations: (name: string, one: Durations) => void = () => {}

  const add = <T>(to: Map<string, T[]>, name: string, one: T): T => {
    to.set(name, [...(to.get(name) ?? []), one])
    return one
  }
  return {
    /** A series at 0, which the caller keeps: made once, not where it is counted. */
    count: <Name extends NameOf<'counter'>>(name: Name, labels: LabelsOf<Name>): Count =>
      add(counts, name, { labels, value: 0 }),

    /** Likewise. */
    durations<Name extends NameOf<'histogram'>>(name: Name, labels: LabelsOf<Name>): Durations {
      const buckets = new Array<number>(BOUNDS.length + 1).fill(0)
      const one: Durations = { labels, buckets, sum: 0, record: null }
      onDurations(name, one)
      return add(durations, name, one)
    },

    /** Every series of a name. */
    countsOf: (name: NameOf<'counter'>): readonly Count[] => counts.get(name) ?? [],
    durationsOf: (name: NameOf<'histogram'>): readonly Durations[] => durations.get(name) ?? [],

    /** `prepare` is called with every histogram, also with those that are made later. */
    eachDurations(prepare: (name: string, one: Durations) => void): void {
      onDurations = prepare
      for (const [name, all] of durations) for (const one of all) prepare(name, one)
    },
  }
}

export type Recorder = ReturnType<typeof createRecorder>

/** Adds a duration, in milliseconds. */
export function observe(of: Durations, ms: number): void {
  const seconds = ms / 1000
  let bucket = 0
  while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]!) bucket++
  of.buckets[bucket]!++
  of.sum += seconds
  of.record?.(seconds, of.labels)
}

/** The buckets as an exposition has them: each with all that are below its bound, `+Inf` last. */
export function cumulative({ buckets }: Durations): { le: string; value: number }[] {
  let below = 0
  return buckets.map((count, i) => {
    below += count
    return { le: i < BOUNDS.length ? String(BOUNDS[i]) : '+Inf', value: below }
  })
}
