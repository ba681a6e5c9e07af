/**
 * Metrics of presses, reads and batches, for Prometheus and OpenTelemetry. Each one: docs/metrics.md.
 * @module
 */

export { createMetrics, type Metrics, type MetricsOptions } from './create-metrics'
export type { SampleOptions } from './drift'
export type { Meter, MeterLabels, MeterObservable, MeterOptions } from './meter'
export type { AnyRegistry } from './registered'
export type { MetricValue, ValuesOptions } from './values'
