export { createMetrics, type Metrics, type MetricsOptions } from './create-metrics'
export type { SampleOptions } from './drift'
export type { Meter } from './meter'
export type { MetricValue } from './values'
