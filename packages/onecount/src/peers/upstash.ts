import { Redis } from '@upstash/redis'

/** The client of Upstash, as a bundler finds it; plain Node gets `node/upstash` in its place. */
export const loadUpstash = () => ({ Redis })
