import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** prom-client, as a bundler finds it; plain Node gets `node/prom-client` in its place. */
export const loadPromClient = () => ({ Counter, Gauge, Histogram, Registry })
