/**
 * The driver for Redis of Upstash, over REST with `@upstash/redis`. How to set it up: docs/upstash.md.
 * @module
 */

import type { RedisPort } from '../core/ports'
import { createUpstashClient } from './client'
import { readUpstashAddress, type UpstashEnv } from './env'
import { upstashPort } from './port'

export { createUpstashClient, REST_SETTINGS, type UpstashOptions } from './client'
export { readUpstashAddress, type UpstashAddress, type UpstashEnv } from './env'
export { type UpstashClient, upstashPort } from './port'

/** What {@link upstashFromEnv} takes; what `onecountNext` gives beside is not looked at. */
export interface UpstashEnvOptions {
  /**
   * Deadline of one request, milliseconds.
   * @default that of {@link UpstashOptions}, 1500
   */
  timeoutMs?: number
  [other: string]: unknown
}

/** The driver for a database of Upstash. */
export interface UpstashConnection {
  /** For `redis` of the engine. */
  port: RedisPort
}

/**
 * The Redis of Upstash that the environment names: `UPSTASH_REDIS_REST_URL` and `UPSTASH_REDIS_REST_TOKEN`, or the names
 * that Vercel gives them, `KV_REST_API_URL` and `KV_REST_API_TOKEN`. Makes no request.
 *
 * @example
 * export const onecount = onecountNext({ redis: upstashFromEnv, postgres: supabaseFromEnv, drain: 'after' })
 *
 * @returns null where neither is set
 * @throws OnecountError `misconfigured`, which names the setting
 */
export function upstashFromEnv(
  env: UpstashEnv,
  { timeoutMs }: UpstashEnvOptions = {},
): UpstashConnection | null {
  const address = readUpstashAddress(env)
  return address && { port: upstashPort(createUpstashClient({ ...address, timeoutMs }), address) }
}
