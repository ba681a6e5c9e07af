import { createHash } from 'node:crypto'
import { createLimiter, type Limiter, NO_LIMITS, redisLimits, UNKNOWN_IP } from 'onecount/http'
import { onecount } from '@/app/utils/onecount'

/** A person who has forgotten which password it was; then one a minute. */
const OF_AN_EMAIL = { tokens: 10, windowMs: 600_000 }
/** An office behind one address. */
const OF_AN_ADDRESS = { tokens: 30, windowMs: 600_000 }

let limiter: Limiter | undefined

/**
 * Takes an attempt to sign in, or says how long until there is one again, milliseconds. By address and by e-mail: one
 * address cannot try many people, and many addresses cannot try one person. For all processes together where there is a
 * Redis; `ONECOUNT_LIMITS=off` ends it too.
 */
export async function takeAttempt(request: Request, email: string): Promise<number | null> {
  if (process.env.ONECOUNT_LIMITS?.trim() === 'off') return null
  limiter ??= create()
  const address = onecount.addressOf(request)
  const person = createHash('sha256').update(email).digest('base64url')
  // One after the other: on a Redis Cluster two keys may lie in two slots.
  const refusal =
    // Where the server does not tell addresses, all people would share one.
    (await limiter.takeShared({ ip: address === UNKNOWN_IP ? null : `sign-in:${address}` })) ??
    (await limiter.takeShared({ session: `sign-in:${person}` }))
  return refusal?.retryAfterMs ?? null
}

function create(): Limiter {
  const redis = onecount.redis()
  return createLimiter(
    { ...NO_LIMITS, ip: OF_AN_ADDRESS, session: OF_AN_EMAIL },
    { shared: redis && redisLimits(redis.port) },
  )
}
