import { BOUNDS, INSTRUMENTS, type Instrument, type NameOf } from './instruments'
import type { Sources } from './registered'

/** Which metrics are read. */
export interface ValuesOptions {
  /**
   * `false`: what this process counts alone, which costs no round trip; the gauges are left out.
   * @default true
   */
  stores?: boolean
}

/** One series at a moment: a number, or for a histogram what it has seen since the process began. */
export interface MetricValue {
  /** As in `docs/metrics.md`. */
  name: string
  /** By name. */
  labels: Readonly<Record<string, string>>
  /** Of a histogram the number of durations. */
  value: number
  /** Of a histogram alone: seconds in all, and how many durations are in each bucket, not cumulative. */
  histogram?: { sum: number; bounds: readonly number[]; buckets: readonly number[] }
}

/** Every series; `stores: false` leaves out the gauges, which ask the stores. */
export async function readValues(
  { recorder, gauge }: Sources,
  { stores = true }: ValuesOptions = {},
): Promise<MetricValue[]> {
  const all = Object.entries<Instrument>(INSTRUMENTS).map(
    async ([name, { type }]): Promise<MetricValue[]> => {
      if (type === 'counter')
        return recorder
          .countsOf(name as NameOf<'counter'>)
          .map(({ labels, value }) => ({ name, labels, value }))
      if (type === 'gauge')
        return stores ? (await gauge(name as NameOf<'gauge'>)).map(reading => ({ name, ...reading })) : []
      return recorder.durationsOf(name as NameOf<'histogram'>).map(({ labels, sum, buckets }) => ({
        name,
        labels,
        value: buckets.reduce((total, count) => total + count, 0),
        histogram: { sum, bounds: BOUNDS, buckets: [...buckets] },
      }))
    },
  )
  return (await Promise.all(all)).flat()
}
