import { INSTRUMENTS, type Instrument, type NameOf } from './instruments'
import type { Sources } from './registered'

/** What is used of a `Meter` of `@opentelemetry/api`. */
export interface Meter {
  /** Makes one for durations. */
  createHistogram(name: string, options: MeterOptions): { record(value: number, labels: MeterLabels): void }
  /** Makes one that is asked for. */
  createObservableCounter(name: string, options: MeterOptions): MeterObservable
  /** Likewise. */
  createObservableGauge(name: string, options: MeterOptions): MeterObservable
}

/** How an instrument is described. */
export interface MeterOptions {
  /**
   * What it counts.
   * @default none
   */
  description?: string
  /**
   * `s`: seconds.
   * @default none
   */
  unit?: string
}

/** By name. */
export type MeterLabels = Record<string, string>

/** An instrument that is asked for when metrics are read. */
export interface MeterObservable {
  /** Asks for its values. */
  addCallback(
    callback: (result: { observe(value: number, labels: MeterLabels): void }) => void | Promise<void>,
  ): void
}

/** The same instruments on a meter; buckets of histograms are those that its views say. */
export function bindMeter(meter: Meter, { recorder, gauge }: Sources): void {
  const histograms = new Map<string, ReturnType<Meter['createHistogram']>>()
  for (const [name, instrument] of Object.entries(INSTRUMENTS)) {
    const options = optionsOf(name, instrument)
    if (instrument.type === 'histogram') histograms.set(name, meter.createHistogram(name, options))
    else if (instrument.type === 'counter')
      meter.createObservableCounter(name, options).addCallback(result => {
        for (const { labels, value } of recorder.countsOf(name as NameOf<'counter'>))
          result.observe(value, labels)
      })
    else
      meter.createObservableGauge(name, options).addCallback(async result => {
        for (const { labels, value } of await gauge(name as NameOf<'gauge'>)) result.observe(value, labels)
      })
  }
  recorder.eachDurations((name, one) => {
    const histogram = histograms.get(name)!
    one.record = (seconds, labels) => histogram.record(seconds, labels)
  })
}

const optionsOf = (name: string, { help }: Instrument): MeterOptions => ({
  description: help,
  ...(name.endsWith('_seconds') && { unit: 's' }),
})
