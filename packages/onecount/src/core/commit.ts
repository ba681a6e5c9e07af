import type { BatchDrainOptions } from './drain'
import { OnecountError, StoreUnavailable } from './errors'
import { isLikedOp } from './op'
import type { PairOp, PostgresPort, RefusedOp } from './ports'

/** Batches that one waits for in a long queue before it is written alone. */
const PATIENCE = 2

interface Waiter extends PairOp {
  batches: number
  resolve(): void
  reject(error: unknown): void
}

export interface Committing {
  /** A drainer of its own, which tells of what becomes durable. */
  drainWith(options: BatchDrainOptions): { tick(): Promise<{ more: boolean }> }
  postgres: Pick<PostgresPort, 'write'>
  /** Microseconds. */
  now(): number
}

/**
 * Waits until ops that Redis has accepted are durable. Callers that wait share batches: while
 * one batch is on its way the next one gathers.
 */
export function createCommitter({ drainWith, postgres, now }: Committing) {
  const batches = drainWith({ onApplied: applied, onRefused: refused })
  const waiting = new Map<string, Set<Waiter>>()
  let running = false

  function applied(entries: readonly PairOp[]): void {
    for (const { postId, sessionId, op } of entries) {
      for (const waiter of waiting.get(`${postId}|${sessionId}`) ?? []) if (waiter.op <= op) done(waiter)
    }
  }

  function refused(ops: readonly RefusedOp[]): void {
    for (const { postId, sessionId, op } of ops) {
      for (const waiter of waiting.get(`${postId}|${sessionId}`) ?? [])
        if (waiter.op === op) done(waiter, new OnecountError('refused'))
    }
  }

  function done(waiter: Waiter, error?: unknown): void {
    const pair = `${waiter.postId}|${waiter.sessionId}`
    const waiters = waiting.get(pair)
    waiters?.delete(waiter)
    if (waiters?.size === 0) waiting.delete(pair)
    if (error) waiter.reject(error)
    else waiter.resolve()
  }

  async function run(): Promise<void> {
    if (running) return
    running = true
    while (waiting.size > 0) await round([...waiting.values()].flatMap(waiters => [...waiters]))
    running = false
  }

  /** One batch; an op that is not in it although the queue was read to its end is in a batch of another process. */
  async function round(waiters: Waiter[]): Promise<void> {
    let patience = 0
    try {
      const { more } = await batches.tick()
      if (more) patience = PATIENCE
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) return rejectAll(waiters, error)
      if (error.store === 'postgres') return rejectAll(waiters, unavailable(error))
    }
    await Promise.all(
      waiters.filter(waiter => isWaiting(waiter) && ++waiter.batches > patience).map(writeAlone),
    )
  }

  function rejectAll(waiters: Waiter[], error: unknown): void {
    for (const waiter of waiters) done(waiter, error)
  }

  const isWaiting = (waiter: Waiter) =>
    waiting.get(`${waiter.postId}|${waiter.sessionId}`)?.has(waiter) ?? false

  async function writeAlone(waiter: Waiter): Promise<void> {
    const { postId, sessionId, op } = waiter
    try {
      const [result] = await postgres.write([{ postId, sessionId, op, liked: isLikedOp(op) }], now())
      if (result?.status === 'gone') done(waiter, new OnecountError('post_not_found', { field: 'postId' }))
      else done(waiter, result?.status === 'refused' ? new OnecountError('refused') : undefined)
    } catch (error) {
      done(waiter, error instanceof StoreUnavailable ? unavailable(error) : error)
    }
  }

  return {
    /**
     * Resolves when Postgres holds the op, or one of the pair that beats it.
     * @throws OnecountError `unavailable` when Postgres does not answer: it may become durable later; `refused` when
     * a rule of the database forbids the op; `post_not_found`
     */
    untilDurable: ({ postId, sessionId, op }: PairOp): Promise<void> =>
      new Promise((resolve, reject) => {
        const pair = `${postId}|${sessionId}`
        const waiters = waiting.get(pair) ?? new Set()
        waiting.set(pair, waiters.add({ postId, sessionId, op, resolve, reject, batches: 0 }))
        run()
      }),
  }
}

const unavailable = (cause: unknown) => new OnecountError('unavailable', { cause })
