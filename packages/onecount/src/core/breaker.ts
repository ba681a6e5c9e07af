import { StoreUnavailable } from './errors'
import type { PostgresPort, RedisPort } from './ports'

interface BreakerOptions {
  /** So many failures one after the other open it. */
  failures: number
  /** How long it stays open before one call may try again, milliseconds. */
  pauseMs: number
  /** Milliseconds. */
  clock(): number
}

/** The call that goes through has so many pauses to end, before another one may. */
const PATIENCE = 10

/**
 * A store that does not answer is not waited for again and again: after some failures in a row every call fails at once
 * for a while, then one goes through to see. Its outcome decides for all; nobody waits for it.
 */
function createBreaker(store: StoreUnavailable['store'], { failures, pauseMs, clock }: BreakerOptions) {
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

  return <T>(call: () => Promise<T>): Promise<T> => {
    if (isOpen) {
      if (clock() < retryAt) return Promise.reject(new StoreUnavailable(store, 'it did not answer lately'))
      retryAt = clock() + PATIENCE * pauseMs
    }
    return call().then(succeed<T>, fail)
  }
}

export function redisWithBreaker(port: RedisPort, options: BreakerOptions): RedisPort {
  const guard = createBreaker('redis', options)
  return { run: (script, keys, args) => guard(() => port.run(script, keys, args)) }
}

export function postgresWithBreaker(port: PostgresPort, options: BreakerOptions): PostgresPort {
  const guard = createBreaker('postgres', options)
  return {
    sync: batch => guard(() => port.sync(batch)),
    fallback: (...args) => guard(() => port.fallback(...args)),
    peek: (...args) => guard(() => port.peek(...args)),
    snapshot: postIds => guard(() => port.snapshot(postIds)),
    posts: (...args) => guard(() => port.posts(...args)),
    session: (...args) => guard(() => port.session(...args)),
    removePost: postId => guard(() => port.removePost(postId)),
    ranking: limit => guard(() => port.ranking(limit)),
    status: partition => guard(() => port.status(partition)),
  }
}
