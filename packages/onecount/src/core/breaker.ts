import { StoreUnavailable } from './errors'
import type { PostgresPort, RedisPort } from './ports'
import { reasonOf } from './reason'

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
 * A store that does not answer is not waited for again and again: after some failures in a row every call fails at once
 * for a while, then one goes through to see. Its outcome decides for all; the others fail meanwhile.
 *
 * An error reply about one call is an answer. A large call that fails says nothing. Calls that are lost together, as in
 * a pause of the process or of the store, are no row: one that began after the first failure was seen has to fail, too.
 */
function createBreaker(store: 'redis' | 'postgres', { failures, pauseMs, clock }: BreakerOptions) {
  let begun = 0
  let failed = 0
  /** Calls that had begun when the first failure of the row was seen. */
  let begunBefore = 0
  let isOpen = false
  let retryAt = 0
  /** Of the last failure. */
  let reason = ''

  const succeed = <T>(reply: T): T => {
    failed = 0
    isOpen = false
    return reply
  }
  const fail = (
    error: unknown,
    { call, isLarge, of }: { call: number; isLarge: boolean; of: number },
  ): never => {
    if (error instanceof StoreUnavailable && error.scope === 'call') succeed(error)
    else if (!isLarge) {
      if (failed === 0) begunBefore = begun
      failed += of
      reason = reasonOf(error)
      if (isOpen || (failed >= failures && call > begunBefore)) {
        isOpen = true
        retryAt = clock() + pauseMs
      }
    }
    throw error
  }

  /** `of`: how many would have called by themselves; a failure of theirs counts that often. */
  function call<T>(work: () => Promise<T>, { isLarge = false, of = 1 } = {}): Promise<T> {
    if (isOpen) {
      if (clock() < retryAt)
        return Promise.reject(new StoreUnavailable(store, `it did not answer lately: ${reason}`))
      retryAt = clock() + pauseMs
    }
    const n = ++begun
    return work().then(succeed, error => fail(error, { call: n, isLarge, of }))
  }
  return { call, isOpen: () => isOpen }
}

/** Redis behind a breaker. */
export interface GuardedRedis extends RedisPort {
  /** Whether calls fail at once: the store did not answer, and no call has come through since. */
  isOpen(): boolean
}

/** `port` behind a breaker. */
export function withBreaker(port: RedisPort, options: BreakerOptions): GuardedRedis {
  const { call, isOpen } = createBreaker('redis', options)
  return {
    isOpen,
    isCluster: port.isCluster,
    run: (script, keys, args) =>
      call(() => port.run(script, keys, args), { isLarge: keys.length + args.length > LARGE }),
  }
}

/**
 * Postgres with its snapshots behind a breaker: a page or a press that hydrates is answered with what Redis knows at once
 * while Postgres hangs. Calls that only Postgres can answer go to it as before.
 */
export function withSnapshotBreaker(port: PostgresPort, options: BreakerOptions): PostgresPort {
  const { call } = createBreaker('postgres', options)
  const guarded: Pick<PostgresPort, 'snapshot' | 'snapshots'> = {
    snapshot: query => call(() => port.snapshot(query)),
    snapshots: query => call(() => port.snapshots(query), { of: query.sessions.length }),
  }
  return new Proxy(port, {
    get: (target, name) => Reflect.get(name in guarded ? guarded : target, name),
  })
}
