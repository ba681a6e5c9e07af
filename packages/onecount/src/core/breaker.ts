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

/**
 * A Redis that does not answer is not waited for again and again: after some failures in a row every call fails at once
 * for a while, then one goes through to see. Its outcome decides for all; nobody waits for it.
 */
export function withBreaker(port: RedisPort, { failures, pauseMs, clock }: BreakerOptions): RedisPort {
  let failed = 0
  let isOpen = false
  let retryAt = 0

  const succeed = <T>(reply: T): T => {
    failed = 0
    isOpen = false
    return reply
  }
  const fail = (error: unknown): never => {
    if (++failed >= failures) {
      isOpen = true
      retryAt = clock() + pauseMs
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
      return port.run(script, keys, args).then(succeed, fail)
    },
  }
}
