import type { LimitKind, Limits, Rate } from './limits'

export interface Limiter {
  /**
   * Takes one token for every key, or, when one of them has none left, takes nothing and says how long until it has.
   * Kinds without a key are not counted.
   */
  take(keys: Partial<Record<LimitKind, string | null>>): Refusal | null
}

export interface Refusal {
  kind: LimitKind
  retryAfterMs: number
}

interface Bucket {
  tokens: number
  /** When `tokens` was right, milliseconds. */
  at: number
}

/**
 * Token buckets in the memory of this process: with n instances behind a load balancer, each lets its own share
 * through, so together they allow up to n times the limit. They are there to keep one client from taking everything,
 * not to count exactly.
 *
 * Memory is bounded: past `maxKeys` of a kind, the bucket that was used longest ago is forgotten, and would start full
 * again. An attacker with more addresses than that is beyond what such a limit can stop.
 */
export function createLimiter(
  limits: Limits,
  { now = Date.now, maxKeys = 20_000 }: { now?: () => number; maxKeys?: number } = {},
): Limiter {
  const buckets: Record<LimitKind, Map<string, Bucket>> = {
    session: new Map(),
    ip: new Map(),
    post: new Map(),
    read: new Map(),
  }

  /** The bucket as it is at `at`, moved to the end of its map: the first entry is the one used longest ago. */
  function refilled(kind: LimitKind, key: string, rate: Rate, at: number): Bucket {
    const map = buckets[kind]
    const old = map.get(key)
    const gained = old ? (Math.max(0, at - old.at) / rate.windowMs) * rate.tokens : rate.tokens
    const bucket = { tokens: Math.min(rate.tokens, (old?.tokens ?? 0) + gained), at }
    map.delete(key)
    map.set(key, bucket)
    if (map.size > maxKeys) map.delete(map.keys().next().value!)
    return bucket
  }

  return {
    take(keys) {
      const at = now()
      const asked: Bucket[] = []
      for (const kind of Object.keys(buckets) as LimitKind[]) {
        const rate = limits[kind]
        const key = keys[kind]
        if (!rate || !key) continue
        const bucket = refilled(kind, key, rate, at)
        if (bucket.tokens < 1) {
          return { kind, retryAfterMs: Math.ceil(((1 - bucket.tokens) / rate.tokens) * rate.windowMs) }
        }
        asked.push(bucket)
      }
      for (const bucket of asked) bucket.tokens -= 1
      return null
    },
  }
}
