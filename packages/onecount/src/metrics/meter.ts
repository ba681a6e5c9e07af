import { INSTRUMENTS, type Instrument, type NameOf } from './instruments'
import type { Sources } from './registered'

/** What is used of a `Meter` of `@opentelemetry/api`. */
export interface Meter {
  createHistogram(name: string, options: MeterOptions): { record(value: number, labels: MeterLabels): void }
  createObservableCounter(name: string, options: MeterOptions): MeterObservable
  createObservableGauge(name: string, options: MeterOptions): MeterObservable
}

interface MeterOptions {
  description?: string
  unit?: string
}

type MeterLabels = Record<string, string>

interface MeterObservable {
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
