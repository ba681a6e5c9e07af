import type {
  Histogram,
  HistogramConfiguration,
  OpenMetricsContentType,
  PrometheusContentType,
  Registry,
} from 'prom-client'
import { loadPromClient } from '../peers/prom-client'
import type { Reading } from './health-gauges'
import { BOUNDS, INSTRUMENTS, type Instrument, type NameOf } from './instruments'
import { cumulative, type Durations, type Recorder } from './recorder'

/** A registry, whichever text it answers. */
export type AnyRegistry = Registry<PrometheusContentType> | Registry<OpenMetricsContentType>

/** What the metrics of a registry are read from. */
export interface Sources {
  recorder: Recorder
  /** A gauge at this moment. Never rejects. */
  gauge(name: NameOf<'gauge'>): Promise<readonly Reading[]>
}

/** Registers every instrument. Each is read when the registry is scraped, and costs nothing before. */
export function registerAll(registry: AnyRegistry, { recorder, gauge }: Sources): void {
  const { Counter, Gauge, Histogram } = loadPromClient()
  const Recorded = recordedFrom(Histogram)
  const registers = [registry]
  for (const [name, { help, labels }] of entriesOf('counter'))
    new Counter({
      name,
      help,
      labelNames: labels,
      registers,
      collect() {
        this.reset()
        for (const { labels, value } of recorder.countsOf(name)) this.inc(labels, value)
      },
    })
  for (const [name, { help, labels }] of entriesOf('gauge'))
    new Gauge({
      name,
      help,
      labelNames: labels,
      registers,
      async collect() {
        const readings = await gauge(name)
        this.reset()
        for (const { labels, value } of readings) this.set(labels, value)
      },
    })
  for (const [name, { help, labels }] of entriesOf('histogram'))
    new Recorded({ name, help, labelNames: labels, buckets: [...BOUNDS], registers }, () =>
      recorder.durationsOf(name),
    )
}

const entriesOf = <Type extends Instrument['type']>(type: Type) =>
  Object.entries(INSTRUMENTS).filter(([, instrument]) => instrument.type === type) as unknown as [
    NameOf<Type>,
    { help: string; labels: string[] },
  ][]

type HistogramAnswer = Awaited<ReturnType<Histogram['get']>>

/** The class of a histogram whose buckets the recorder holds; made of that of prom-client, which is loaded late. */
const recordedFrom = (Base: typeof Histogram) =>
  class Recorded extends Base {
    constructor(
      private readonly options: HistogramConfiguration<string>,
      private readonly series: () => readonly Durations[],
    ) {
      super(options)
    }

    override async get(): Promise<HistogramAnswer> {
      const { name, help } = this.options
      const values = this.series().flatMap(one => valuesOf(name, one))
      return { name, help, type: 'histogram', aggregator: 'sum', values } as unknown as HistogramAnswer
    }

    /** The registry asks for the text by this name. */
    getForPromString = (): Promise<HistogramAnswer> => this.get()
  }

const valuesOf = (name: string, one: Durations) => {
  const { labels, sum } = one
  const buckets = cumulative(one)
  return [
    ...buckets.map(({ le, value }) => ({ metricName: `${name}_bucket`, labels: { ...labels, le }, value })),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: buckets.at(-1)!.value },
  ]
}
