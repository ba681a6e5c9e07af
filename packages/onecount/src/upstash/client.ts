import type { Redis, RedisConfigNodejs } from '@upstash/redis'
import { deadline } from '../core/deadline'
import { loadUpstash } from '../peers/upstash'
import { checkedUrl, type UpstashAddress } from './env'

/** Deadline of one request, milliseconds: a function that wakes up makes a connection with TLS first. */
const REQUEST_TIMEOUT = 1500

/** Settings of the client that the engine needs. */
export const REST_SETTINGS = {
  // A request whose answer is lost may have been executed. The engine decides whether it is sent again.
  retry: { retries: 0 },
  // The driver puts the calls of a tick into one request itself, and keeps it below the limit of a request.
  enableAutoPipelining: false,
  // An id of digits stays a text.
  automaticDeserialization: false,
} satisfies Omit<RedisConfigNodejs, 'url' | 'token'>

/** What `createUpstashClient` takes. */
export interface UpstashOptions extends UpstashAddress {
  /**
   * Deadline of one request, milliseconds.
   * @default 1500
   */
  timeoutMs?: number
}

/**
 * The official client of Upstash with the settings that the engine needs. Makes no request. Needs the package
 * `@upstash/redis`.
 * @example
 * const client = createUpstashClient({ url: 'https://name.upstash.io', token })
 * createOnecount({ redis: upstashPort(client, { url }), postgres })
 * @throws OnecountError `misconfigured` for an address that is none of the REST endpoint, and where
 * `@upstash/redis` is not installed
 */
export function createUpstashClient({ url, token, timeoutMs = REQUEST_TIMEOUT }: UpstashOptions): Redis {
  const { Redis } = loadUpstash()
  return new Redis({
    ...REST_SETTINGS,
    url: checkedUrl(url, 'url'),
    token,
    // A function: an aborted signal of another kind is answered by the client as if Redis had answered.
    signal: () => deadline(timeoutMs),
  })
}
