import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { createOnecount } from 'onecount'
import { createMetrics, type MetricsOptions } from 'onecount/metrics'
import { postgresJsPort } from 'onecount/postgres'
import { Registry } from 'prom-client'
import { beforeEach, describe, expect, it } from 'vitest'
import { INSTRUMENTS } from '../src/metrics/instruments'
import { connect } from './support/databases'
import { forAllTests } from './support/for-all-tests'
import { parseOpenMetrics } from './support/openmetrics'
import { type config, startSeveralKinds } from './support/several-kinds'
import { startStores } from './support/stores'

const BEAR = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0001', base: 446 }
const FOX = { id: '50050001-aaaa-bbbb-cccc-ddddeeee0002', base: 12 }
/** Nothing is compared unless a test asks for it. */
const NO_SAMPLE = { sample: false } as const

async function valuesOf(metrics: { text(): Promise<string> }) {
  const { samples } = parseOpenMetrics(await metrics.text())
  /** The value of the one series that has these labels; undefined: there is none. */
  return (name: string, labels: Record<string, string> = {}): number | undefined => {
    const found = samples.filter(
      sample =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )
    expect(found.length, `${name} ${JSON.stringify(labels)}`).toBeLessThanOrEqual(1)
    return found[0]?.value
  }
}

describe('metrics of one engine', () => {
  const stores = forAllTests(startStores)
  beforeEach(() => stores.begin([BEAR, FOX]))

  function watched(options: MetricsOptions = NO_SAMPLE, redis: boolean = true) {
    const metrics = createMetrics(options)
    const ports = stores.ports()
    const engine = createOnecount({
      redis: redis ? metrics.redis(ports.redis) : null,
      postgres: metrics.postgres(ports.postgres),
      log: { warn() {} },
    })
    return { metrics, engine: metrics.watchOne(engine) }
  }

  it('move as people press and read, and as the drain brings it to Postgres', async () => {
    const { metrics, engine } = watched()
    const before = await valuesOf(metrics)
    expect(before('onecount_presses_total', { outcome: 'accepted' })).toBe(0)

    await engine.set(BEAR.id, 'ana', true)
    await engine.toggle(FOX.id, 'ana')
    await engine.read([BEAR.id, FOX.id], 'ana')
    const pressed = await valuesOf(metrics)
    expect(pressed('onecount_presses_total', { kind: 'like', outcome: 'accepted', store: 'redis' })).toBe(2)
    expect(pressed('onecount_press_duration_seconds_count')).toBe(2)
    expect(pressed('onecount_read_posts_total', { source: 'redis' })).toBe(2)
    expect(pressed('onecount_read_duration_seconds_count')).toBe(1)
    expect(pressed('onecount_hydrated_total', { of: 'post' })).toBe(2)
    expect(pressed('onecount_hydrated_total', { of: 'session' })).toBeGreaterThan(0)
    expect(pressed('onecount_divergences_total')).toBe(1)
    // Scrapes right after each other share one look at the stores.
    await expect.poll(async () => (await valuesOf(metrics))('onecount_pending_ops')).toBe(2)

    await engine.drainer.flush()
    const { collect, ...drained } = await stepsOf(metrics)
    expect(collect).toBeGreaterThan(0)
    expect(drained).toMatchObject({ ops: 2, refused: 0, failures: 0 })
  })

  async function stepsOf(metrics: { text(): Promise<string> }) {
    const value = await valuesOf(metrics)
    const step = (name: string) => value('onecount_drain_step_duration_seconds_count', { step: name })
    expect(value('onecount_drain_batches_total', { outcome: 'applied' })).toBeGreaterThan(0)
    expect(step('sync')).toBeGreaterThan(0)
    expect(step('settle')).toBeGreaterThan(0)
    return {
      collect: step('collect'),
      ops: value('onecount_drained_ops_total'),
      refused: value('onecount_drain_refused_ops_total'),
      failures: value('onecount_drain_step_failures_total', { step: 'sync' }),
    }
  }

  it('tell presses that are durable, refused by the caller’s fault, and accepted by Postgres alone', async () => {
    const { metrics, engine } = watched()
    await engine.set(BEAR.id, 'ana', true, { ack: 'postgres' })
    await expect(engine.set('no post', 'ana', true)).rejects.toMatchObject({ code: 'invalid_post_id' })
    const value = await valuesOf(metrics)
    expect(value('onecount_presses_total', { outcome: 'durable', store: 'redis' })).toBe(1)
    expect(value('onecount_presses_total', { outcome: 'invalid' })).toBe(1)

    const alone = watched(NO_SAMPLE, false)
    await alone.engine.set(FOX.id, 'ana', true)
    await alone.engine.read([FOX.id])
    const without = await valuesOf(alone.metrics)
    expect(without('onecount_presses_total', { outcome: 'durable', store: 'postgres' })).toBe(1)
    expect(without('onecount_read_posts_total', { source: 'postgres' })).toBe(1)
    expect(without('onecount_store_up', { store: 'redis' })).toBeUndefined()
    expect(without('onecount_store_up', { store: 'postgres' })).toBe(1)
  })

  it('say which status it is, and why the drain is paused', async () => {
    const { metrics, engine } = watched()
    await engine.drainer.flush()
    const value = await valuesOf(metrics)
    const status = (name: string) => value('onecount_status', { status: name })
    expect([status('ok'), status('degraded'), status('down')]).toEqual([1, 0, 0])
    expect(value('onecount_drain_paused', { cause: 'foreign' })).toBe(0)
    expect(value('onecount_last_drain_timestamp_seconds')).toBeCloseTo(Date.now() / 1000, -2)
    expect(value('onecount_oldest_pending_seconds')).toBe(0)
    expect(value('onecount_unseen_ops')).toBe(0)
    expect(value('onecount_refused_ops')).toBe(0)
  })

  it('report a count that differs until it is repaired', async () => {
    const { metrics, engine } = watched({ sample: { posts: 4, everyMs: 0 } })
    await engine.set(BEAR.id, 'ana', true)
    await engine.drainer.flush()
    const drift = async () => (await valuesOf(metrics))('onecount_drift_posts')
    await expect.poll(drift).toBe(0)
    expect((await valuesOf(metrics))('onecount_drift_checked_posts_total')).toBeGreaterThan(0)

    const setLikes = (likes: number) =>
      stores.unnoticed(sql => sql`update posts_new set likes = ${likes} where id = ${BEAR.id}`)
    await setLikes(500)
    await expect.poll(drift).toBe(1)
    await setLikes(447)
    await expect.poll(drift).toBe(0)
    expect((await valuesOf(metrics))('onecount_drift_checked_timestamp_seconds')).toBeCloseTo(
      Date.now() / 1000,
      -2,
    )
  })

  it('compare posts with the first check, wherever in the table it begins', async () => {
    const { engine } = watched()
    await engine.read([BEAR.id, FOX.id])
    for (let n = 0; n < 6; n++) {
      const { metrics } = watched({})
      const value = async (name: string) => (await valuesOf(metrics))(name)
      await expect.poll(() => value('onecount_drift_checked_timestamp_seconds')).toBeDefined()
      expect(await value('onecount_drift_checked_posts_total')).toBe(2)
    }
  })

  it('are available as numbers too, and without a call to the stores where the caller leaves those out', async () => {
    const { metrics, engine } = watched()
    await engine.set(BEAR.id, 'ana', true)
    await engine.drainer.flush()
    const all = await metrics.values()
    const { samples } = parseOpenMetrics(await metrics.text())
    const series = ({ name, labels }: { name: string; labels: Readonly<Record<string, string>> }) =>
      `${name} ${JSON.stringify(Object.entries(labels).sort())}`
    const numbers = new Map(samples.map(sample => [series(sample), sample.value]))
    for (const value of all) {
      const { name, histogram } = value
      const of = (suffix: string) => numbers.get(series({ ...value, name: name + suffix }))
      expect(of(histogram ? '_count' : ''), series(value)).toBe(value.value)
      if (!histogram) continue
      expect(of('_sum')).toBe(histogram.sum)
      expect(histogram.buckets).toHaveLength(histogram.bounds.length + 1)
    }
    // Nothing is compared, so nothing is told of drift.
    const told = Object.keys(INSTRUMENTS).filter(name => !name.includes('drift'))
    expect([...new Set(all.map(({ name }) => name))].sort()).toEqual(told.sort())
    const own = await metrics.values({ stores: false })
    expect(own.map(({ name }) => INSTRUMENTS[name as keyof typeof INSTRUMENTS].type)).not.toContain('gauge')
    expect(own).toEqual(
      all.filter(({ name }) => INSTRUMENTS[name as keyof typeof INSTRUMENTS].type !== 'gauge'),
    )
  })

  it('are answered in the older text too, by a registry of the application', async () => {
    const registry = new Registry()
    const { metrics } = watched({ ...NO_SAMPLE, registry })
    expect(metrics.contentType).toBe(Registry.PROMETHEUS_CONTENT_TYPE)
    expect(await metrics.text()).toContain('# TYPE onecount_presses_total counter')
  })

  describe('while a store is away', () => {
    it('Postgres: its gauge is 0, what only it knows is left out, and presses are counted', async () => {
      const metrics = createMetrics({ sample: { everyMs: 0 } })
      const sql = connect(stores.databaseUrl)
      const engine = metrics.watchOne(
        createOnecount({
          redis: metrics.redis(stores.ports().redis),
          postgres: metrics.postgres(postgresJsPort(sql)),
          log: { warn() {} },
        }),
      )
      await engine.set(BEAR.id, 'ana', true)
      await engine.drainer.flush()
      await sql.end()
      await engine.set(BEAR.id, 'ana', false)
      const value = await valuesOf(metrics)
      expect(value('onecount_store_up', { store: 'redis' })).toBe(1)
      expect(value('onecount_store_up', { store: 'postgres' })).toBe(0)
      expect(value('onecount_presses_total', { outcome: 'accepted' })).toBe(2)
      expect(value('onecount_pending_ops')).toBe(1)
      expect(value('onecount_refused_ops')).toBeUndefined()
      const failures = async () => (await valuesOf(metrics))('onecount_drift_check_failures_total')
      await expect.poll(failures).toBeGreaterThan(0)
      await expect(engine.drainer.flush()).rejects.toMatchObject({ store: 'postgres' })
      const paused = await valuesOf(metrics)
      expect(paused('onecount_drain_step_failures_total', { step: 'sync' })).toBeGreaterThan(0)
    })

    it('Redis: its gauge is 0, its figures are left out, and presses are those of Postgres', async () => {
      const { metrics, engine } = watched()
      await engine.set(BEAR.id, 'ana', true)
      await engine.drainer.flush()
      await stores.stopRedis()
      try {
        await engine.set(BEAR.id, 'ana', false)
        await engine.read([BEAR.id])
        await engine.drainer.flush().catch(() => {})
        const value = await valuesOf(metrics)
        expect(value('onecount_breaker_open')).toBe(0)
        await expect
          .poll(async () => {
            await engine.read([BEAR.id])
            return (await valuesOf(metrics))('onecount_breaker_open')
          })
          .toBe(1)
        expect(value('onecount_store_up', { store: 'redis' })).toBe(0)
        expect(value('onecount_store_up', { store: 'postgres' })).toBe(1)
        expect(value('onecount_status', { status: 'degraded' })).toBe(1)
        expect(value('onecount_pending_ops')).toBeUndefined()
        expect(value('onecount_oldest_pending_seconds')).toBeUndefined()
        expect(value('onecount_presses_total', { outcome: 'durable', store: 'postgres' })).toBe(1)
        expect(value('onecount_read_posts_total', { source: 'postgres' })).toBe(1)
        expect(value('onecount_drain_step_failures_total', { step: 'collect' })).toBeGreaterThan(0)
      } finally {
        await stores.startRedisEmpty()
      }
    })
  })
})

describe('a meter of OpenTelemetry', () => {
  const stores = forAllTests(startStores)
  beforeEach(() => stores.begin([BEAR]))

  it('gets the same instruments', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter })
    const provider = new MeterProvider({ readers: [reader] })
    const metrics = createMetrics({ sample: { everyMs: 0 }, meter: provider.getMeter('onecount') })
    const { redis, postgres } = stores.ports()
    const engine = metrics.watchOne(
      createOnecount({
        redis: metrics.redis(redis),
        postgres: metrics.postgres(postgres),
        log: { warn() {} },
      }),
    )
    await engine.set(BEAR.id, 'ana', true)
    await engine.read([BEAR.id])
    await engine.drainer.flush()

    async function exported(): Promise<MetricData[]> {
      await reader.forceFlush()
      return exporter
        .getMetrics()
        .at(-1)!
        .scopeMetrics.flatMap(scope => scope.metrics)
    }
    // What the sample check finds is told once it has ended.
    await expect
      .poll(async () => (await exported()).map(({ descriptor }) => descriptor.name).sort())
      .toEqual(Object.keys(INSTRUMENTS).sort())
    const all = new Map((await exported()).map(data => [data.descriptor.name, data]))
    const pressed = all.get('onecount_presses_total')!.dataPoints
    expect(pressed.find(({ attributes }) => attributes.outcome === 'accepted')?.value).toBe(1)
    const times = all.get('onecount_press_duration_seconds')!
    expect(times.descriptor.unit).toBe('s')
    expect(times.dataPoints[0]!.value).toMatchObject({ count: 1 })
    expect(all.get('onecount_store_up')!.dataPoints.map(({ value }) => value)).toEqual([1, 1])
    await provider.shutdown()
  })
})

describe('metrics of several kinds', () => {
  const stores = forAllTests(startSeveralKinds)
  beforeEach(() => stores.begin())

  it('are told apart by the name of the kind', async () => {
    const metrics = createMetrics(NO_SAMPLE)
    const { redis, postgres } = stores.ports()
    const ports = {
      redis: metrics.redis(redis),
      postgres: (kind: typeof config.kinds.like) => metrics.postgres(postgres(kind)),
    }
    const engines = metrics.watch(stores.instance(ports))
    await engines.kinds.like.set('1', '00000000-0000-4000-8000-000000000001', true)
    await engines.drainer.flush()
    const value = await valuesOf(metrics)
    for (const [kind, presses] of [
      ['like', 1],
      ['bookmark', 0],
    ] as const) {
      expect(value('onecount_presses_total', { kind, outcome: 'accepted' })).toBe(presses)
      expect(value('onecount_drained_ops_total', { kind })).toBe(presses)
      expect(value('onecount_pending_ops', { kind })).toBe(0)
      expect(value('onecount_status', { kind, status: 'ok' })).toBe(1)
    }
  })
})
