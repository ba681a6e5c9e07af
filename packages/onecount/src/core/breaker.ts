import { StoreUnavailable } from './errors'
import type { RedisPort } from './ports'

interface BreakerOptions {
  /** So many failures one after the other open it. */
  failures: number
  /** How long it stays open before one call may try again, milliseconds. */
  pauseMs: number
  /** Milliseconds. */
  clock(): number
}

/** Keys and arguments from which on a call is large: it may miss its deadline at a Redis that is well. */
const LARGE = 2000

/**
 * A Redis that does not answer is not waited for again and again: after some failures in a row every call fails at once
 * for a while, then one goes through to see. Its outcome decides for all; the others fail meanwhile.
 *
 * An error reply about one call is an answer. A large call that fails says nothing. Calls that are lost together, as in
 * a pause of the process or of Redis, are no row: one that began after the first failure was seen has to fail, too.
 */
export function withBreaker(port: RedisPort, { failures, pauseMs, clock }: BreakerOptions): RedisPort {
  let begun = 0
  let failed = 0
  /** Calls that had begun when the first failure of the row was seen. */
  let begunBefore = 0
  let isOpen = false
  let retryAt = 0

  const succeed = <T>(reply: T): T => {
    failed = 0
    isOpen = false
    return reply
  }
  const fail = (error: unknown, call: number, isLarge: boolean): never => {
    if (error instanceof StoreUnavailable && error.scope === 'call') succeed(error)
    else if (!isLarge) {
      if (failed === 0) begunBefore = begun
      failed++
      if (isOpen || (failed >= failures && call > begunBefore)) {
        isOpen = true
        retryAt = clock() + pauseMs
      }
    }
    throw error
  }

  return {
    run(script, keys, args) {
      if (isOpen) {
        if (clock() < retryAt)
          return Promise.reject(new StoreUnavailable('redis', 'it did not answer lately'))
        retryAt = clock() + pauseMs
      }
      const call = ++begun
      const isLarge = keys.length + args.length > LARGE
      return port.run(script, keys, args).then(succeed, error => fail(error, call, isLarge))
    },
  }
}
