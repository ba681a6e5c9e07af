import { Cluster, Command, Redis } from 'ioredis'

/** ioredis, as a bundler finds it; plain Node gets `node/ioredis` in its place. */
export const loadIoredis = () => ({ Cluster, Command, Redis })
