import type { OpenMetricsContentType, Registry } from 'prom-client'
import type { Engines } from '../core/engines'
import type { Onecount } from '../core/onecount'
import type { PostgresPort, RedisPort } from '../core/ports'
import { sharedLook } from '../http/shared-look'
import { loadPromClient } from '../peers/prom-client'
import { createDriftCheck, type DriftCheck, type SampleOptions } from './drift'
import { healthGauges, type Reading, type Readings } from './health-gauges'
import type { NameOf } from './instruments'
import { bindMeter, type Meter } from './meter'
import { createRecorder } from './recorder'
import { type AnyRegistry, registerAll, type Sources } from './registered'
import { type MetricValue, readValues, type ValuesOptions } from './values'
import { watchEngine } from './watch-engine'
import { createRedisWatch, createSteps, watchPostgres } from './watch-ports'

/** What `createMetrics` takes. */
export interface MetricsOptions {
  /**
   * Where the instruments are registered.
   * @default a registry of their own, which answers in OpenMetrics text
   */
  registry?: AnyRegistry
  /**
   * How a few posts are compared between the stores while metrics are scraped; `false`: none are.
   * @default as {@link SampleOptions} says
   */
  sample?: SampleOptions | false
  /**
   * A meter of `@opentelemetry/api`, which gets the same instruments.
   * @default none
   */
  meter?: Meter
}

/** Counts what an application does with its likes; made by {@link createMetrics}. */
export interface Metrics {
  /** Of the text. */
  readonly contentType: string
  /**
   * `port`, with drain and hydration counted.
   * @example
   * const redis = metrics.redis(ioredisPort(client))
   */
  redis(port: RedisPort): RedisPort
  /**
   * `port` of one kind, with its batches counted.
   * @example
   * const postgres = metrics.postgres(postgresJsPort(sql))
   */
  postgres(port: PostgresPort): PostgresPort
  /**
   * `engines`, with presses and reads counted; the gauges are theirs. Once for each object.
   * @example
   * const service = metrics.watch(engines)
   */
  watch<Name extends string>(engines: Engines<Name>): Engines<Name>
  /**
   * Likewise of one engine.
   * @example
   * const service = metrics.watchOne(onecount)
   */
  watchOne(engine: Onecount): Onecount
  /**
   * Every metric at this moment. Never rejects because a store is away: what is not known is left out.
   * @example
   * response.setHeader('content-type', metrics.contentType).end(await metrics.text())
   */
  text(): Promise<string>
  /**
   * The same as numbers, for a page of your own.
   *
   * @example
   * const accepted = (await metrics.values({ stores: false }))
   *   .filter(({ name, labels }) => name === 'onecount_presses_total' && labels.outcome === 'accepted')
   *   .reduce((sum, { value }) => sum + value, 0)
   */
  values(options?: ValuesOptions): Promise<MetricValue[]>
}

/** All gauges of a scrape are of one look at the stores, and so are those of a scrape right after it; milliseconds. */
const HEALTH_MS = 250

/**
 * Metrics of the engines of one process, on a registry of `prom-client`. Counting costs a press or a read no round
 * trip; a scrape costs what `health()` does, two round trips a partition of each kind, and at most every 30 seconds a
 * comparison of 20 posts. `docs/metrics.md` has every metric.
 *
 * @example
 * const metrics = createMetrics()
 * const onecount = metrics.watchOne(
 *   createOnecount({ redis: metrics.redis(redis), postgres: metrics.postgres(postgres) }),
 * )
 * createHandler({ service: onecount, metrics, metricsSecret: process.env.ONECOUNT_METRICS_SECRET, secret })
 *
 * @throws OnecountError `misconfigured` where `prom-client` is not installed
 */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = options.registry ?? openMetricsRegistry()
  const recorder = createRecorder()
  const steps = createSteps(recorder)
  const checks: DriftCheck[] = []
  const breakers: (() => Reading)[] = []
  const healths: (() => Promise<Readings>)[] = []
  const health = sharedLook(() => Promise.all(healths.map(look => look())), HEALTH_MS)

  const sources: Sources = {
    recorder,
    async gauge(name: NameOf<'gauge'>) {
      if (name === 'onecount_drift_posts') return checks.flatMap(check => check.differing())
      if (name === 'onecount_drift_checked_timestamp_seconds')
        return checks.flatMap(check => check.checkedAt())
      if (name === 'onecount_breaker_open') return breakers.map(read => read())
      return (await health()).flatMap(readings => readings.get(name) ?? [])
    },
  }
  registerAll(registry, sources)
  if (options.meter) bindMeter(options.meter, sources)

  function watched(engine: Onecount): Onecount {
    const labels = { kind: engine.kind.name }
    if (engine.hasRedis) breakers.push(() => ({ labels, value: Number(engine.stores.isBreakerOpen()) }))
    if (options.sample === false) return watchEngine(engine, recorder, () => {})
    const check = createDriftCheck(engine, recorder, options.sample)
    checks.push(check)
    return watchEngine(engine, recorder, check.note)
  }

  return {
    contentType: registry.contentType,
    redis: createRedisWatch(recorder, steps),
    postgres: port => watchPostgres(port, recorder, steps),
    watch<Name extends string>(engines: Engines<Name>): Engines<Name> {
      healths.push(async () => healthGauges((await engines.health()).kinds))
      const kinds = Object.entries<Onecount>(engines.kinds).map(([name, engine]) => [name, watched(engine)])
      return { ...engines, kinds: Object.fromEntries(kinds) as Engines<Name>['kinds'] }
    },
    watchOne(engine) {
      healths.push(async () => healthGauges({ [engine.kind.name]: await engine.health() }))
      return watched(engine)
    },
    text: () => registry.metrics(),
    values: options => readValues(sources, options),
  }
}

function openMetricsRegistry(): Registry<OpenMetricsContentType> {
  const { Registry } = loadPromClient()
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  return registry
}
