import { UNKNOWN_IP } from './client-ip'
import { DEFAULT_LIMITS, KINDS, type LimitKind, type Limits, type Rate } from './limits'
import type { SharedBucket, SharedLimits } from './shared-limits'

/** What a request counts for, by kind; a kind without a key is not counted. */
export type LimitKeys = Partial<Record<LimitKind, string | null>>

/** Accepts requests, or says when it accepts the next one. */
export interface Limiter {
  /**
   * Takes one token for every key, or, when one of them has none left, takes nothing and says how long until it has.
   * Kinds without a key are not counted. Decided by the buckets of this process; the shared ones are told.
   * @example
   * const refusal = limiter.take({ ip })
   */
  take(keys: LimitKeys): Refusal | null
  /**
   * The same, but waits for the shared buckets where they may refuse. Never rejects.
   * @example
   * const refusal = await limiter.takeShared({ session: sessionId, ip })
   */
  takeShared(keys: LimitKeys): Promise<Refusal | null>
  /**
   * Whether one has none left, by the buckets of this process; takes nothing.
   * @default a press is refused once the application has said who sends it
   * @example
   * const refusal = limiter.check?.({ ip })
   */
  check?(keys: LimitKeys): Refusal | null
}

/** Why a request is not accepted. */
export interface Refusal {
  /** The limit that is reached. */
  kind: LimitKind
  /** When it accepts the next one, milliseconds from now. */
  retryAfterMs: number
}

interface Bucket {
  tokens: number
  /** When `tokens` was right, milliseconds. */
  at: number
}

interface Asked extends SharedBucket {
  kind: LimitKind
  bucket: Bucket
}

/** Clients whose address is not known share one bucket, so many times as large as that of an address. */
const UNKNOWN_FACTOR = 20
/** Below this many tokens a limit is meant to be exact: the shared bucket is asked before the answer. */
const SMALL = 20

/** What {@link createLimiter} takes beside the limits. */
export interface LimiterOptions {
  /**
   * Milliseconds since 1970.
   * @default `Date.now`
   */
  now?: () => number
  /**
   * Buckets of a kind that are kept.
   * @default 20_000
   */
  maxKeys?: number
  /**
   * The same buckets for all processes, of {@link redisLimits}.
   * @default none: each process counts for itself
   */
  shared?: SharedLimits | null
}

/**
 * Token buckets in the memory of this process and, with `shared`, the same buckets for all processes together.
 *
 * The local bucket decides first, without waiting. The shared one is told in the same tick, so that its call travels
 * with that of the like, and is waited for only where it may refuse: a new session, a limit of a few, a bucket that is
 * more than half empty. What it answers lowers the local bucket. Where the shared store does not answer, the local
 * buckets hold: n processes then let up to n times the limit through.
 *
 * Memory is bounded: past `maxKeys` of a kind the bucket that was used longest ago is forgotten, and would start full
 * again.
 * @example
 * const limiter = createLimiter(parseLimits(process.env.ONECOUNT_LIMITS), { shared: redisLimits(redis) })
 * const refusal = await limiter.takeShared({ session: sessionId })
 */
export function createLimiter(
  limits: Limits = DEFAULT_LIMITS,
  { now = Date.now, maxKeys = 20_000, shared }: LimiterOptions = {},
): Limiter {
  const buckets = Object.fromEntries(KINDS.map(kind => [kind, new Map<string, Bucket>()])) as Record<
    LimitKind,
    Map<string, Bucket>
  >

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

  /** Every bucket of the keys, or the refusal of one that has no token. */
  function lookHere(keys: LimitKeys): Asked[] | Refusal {
    const at = now()
    const asked: Asked[] = []
    for (const kind of KINDS) {
      const limit = limits[kind]
      const key = keys[kind]
      if (!limit || !key) continue
      const rate = key === UNKNOWN_IP ? { ...limit, tokens: UNKNOWN_FACTOR * limit.tokens } : limit
      const bucket = refilled(kind, key, rate, at)
      if (bucket.tokens < 1) return { kind, retryAfterMs: untilOne(bucket.tokens, rate) }
      asked.push({ kind, key, rate, bucket })
    }
    return asked
  }

  /** The same, with a token less. */
  function takeHere(keys: LimitKeys): Asked[] | Refusal {
    const asked = lookHere(keys)
    if (Array.isArray(asked)) for (const { bucket } of asked) bucket.tokens -= 1
    return asked
  }

  async function askShared(store: SharedLimits, asked: Asked[]): Promise<Refusal | null> {
    const answer = await store.take(asked).catch(() => null)
    if (!answer) return null
    asked.forEach(({ bucket }, i) => {
      bucket.tokens = Math.min(bucket.tokens, answer.tokens[i]!)
    })
    if (answer.isTaken) return null
    const least = Math.min(...answer.tokens)
    const { kind, rate } = asked[answer.tokens.indexOf(least)]!
    return { kind, retryAfterMs: untilOne(least, rate) }
  }

  return {
    check(keys) {
      const asked = lookHere(keys)
      return Array.isArray(asked) ? null : asked
    },

    take(keys) {
      const asked = takeHere(keys)
      if (!Array.isArray(asked)) return asked
      if (shared && asked.length > 0) void askShared(shared, asked)
      return null
    },

    async takeShared(keys) {
      const asked = takeHere(keys)
      if (!Array.isArray(asked)) return asked
      if (!shared || asked.length === 0) return null
      const refusal = askShared(shared, asked)
      return asked.some(mayRefuse) ? refusal : null
    },
  }
}

const mayRefuse = ({ kind, rate, bucket }: Asked): boolean =>
  kind === 'new' || rate.tokens < SMALL || bucket.tokens < rate.tokens / 2

const untilOne = (tokens: number, rate: Rate): number =>
  Math.ceil(((1 - tokens) / rate.tokens) * rate.windowMs)
