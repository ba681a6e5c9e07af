import type { Context } from './context'
import { createDrainer, type Tick } from './drain'
import { ForeignRedis, StoreRefused, StoreUnavailable } from './errors'

export interface LoopOptions {
  /** Waits this long after a like, so that likes share a batch; milliseconds. */
  lingerMs?: number
  /** Looks this often for what others left behind; milliseconds. */
  idleMs?: number
  /** Longest pause while a store is unreachable; milliseconds. */
  maxBackoffMs?: number
}

/** A store that answers again within this time is not worth a line in the log, milliseconds. */
const BRIEF_MS = 1000

/**
 * The drain as a loop: it sleeps until it is nudged or until `idleMs` have passed, drains until nothing is left, and slows
 * down while a store is unreachable, Postgres refuses every op, or Postgres belongs to another Redis. `stop` finishes what
 * it can first.
 */
export function createDrainLoop(ctx: Context, options: LoopOptions = {}) {
  const { lingerMs = 25, idleMs = 2000, maxBackoffMs = 5000 } = options
  const drainer = createDrainer(ctx)
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let nudged = false
  let stopped = true
  let failures = 0
  let lastDrainAt: number | null = null
  /** Why the drain is paused, as it was logged last; null: it is not. */
  let paused: string | null = null
  /** When the failures that go on began. */
  let failingSince = 0

  /** One tick. @throws StoreUnavailable */
  async function once(options?: { yields: boolean }): Promise<Tick> {
    const tick = await drainer.tick(options)
    lastDrainAt = Math.floor(ctx.now() / 1000)
    return tick
  }

  /** Drains until nothing is left or the time is up. @throws StoreUnavailable */
  async function drain({
    budgetMs = Number.POSITIVE_INFINITY,
  } = {}): Promise<{ drained: number; more: boolean }> {
    if (!ctx.redis) return { drained: 0, more: false }
    const end = ctx.elapsed() + budgetMs
    let drained = 0
    for (;;) {
      const tick = await once()
      drained += tick.drained
      if (!tick.more && !(await drainer.hasWork())) return { drained, more: false }
      if (ctx.elapsed() >= end) return { drained, more: true }
    }
  }

  function schedule(ms: number): void {
    if (stopped || running) return
    clearTimeout(timer)
    timer = setTimeout(wake, ms)
    timer.unref()
  }

  const backoffMs = () => Math.min(maxBackoffMs, 100 * 2 ** Math.min(failures, 10))

  function wake(): void {
    running = work()
      .then(
        ({ more }) => {
          if (paused !== null) ctx.log.warn('drain resumed')
          paused = null
          failures = 0
          return more ? lingerMs : idleMs
        },
        (error: unknown) => {
          if (failures++ === 0) failingSince = ctx.elapsed()
          const kind = kindOf(error)
          const isBrief = isOutage(error) && ctx.elapsed() - failingSince < BRIEF_MS
          if (kind !== paused && !isBrief) {
            ctx.log.warn(`drain paused: ${messageOf(error)}`)
            paused = kind
          }
          return backoffMs()
        },
      )
      .then(pause => {
        running = undefined
        schedule(nudged && failures === 0 ? lingerMs : pause)
      })
  }

  async function work(): Promise<{ more: boolean }> {
    const asked = nudged
    nudged = false
    if (!asked && !(await drainer.hasWork())) return { more: false }
    let tick = await once({ yields: true })
    while (tick.more && tick.outcome !== 'busy' && !stopped) tick = await once({ yields: true })
    return tick
  }

  return {
    once,
    drain,
    /** Whether something is left to drain: two round trips. @throws StoreUnavailable, ForeignRedis */
    hasWork: drainer.hasWork,
    /** When the last tick ended, milliseconds since 1970. */
    lastDrainAt: () => lastDrainAt,
    start(): void {
      if (!stopped) return
      stopped = false
      schedule(0)
    },
    /** Something is pending: drain soon. Costs nothing when it is called often. */
    nudge(): void {
      if (nudged) return
      nudged = true
      if (failures === 0) schedule(lingerMs)
    },
    /** Stops the loop and drains what is left, for at most `budgetMs`; what could not be drained stays pending. */
    async stop({ budgetMs = 5000 } = {}): Promise<void> {
      stopped = true
      clearTimeout(timer)
      await running
      await drain({ budgetMs }).catch(() => {})
    },
  }
}

/** Failures of one kind are logged once. */
function kindOf(error: unknown): string {
  if (error instanceof StoreRefused) return `${error.name} ${error.sqlstate}`
  return error instanceof StoreUnavailable ? `${error.name} ${error.store}` : String(error)
}

const isOutage = (error: unknown): boolean =>
  error instanceof StoreUnavailable && !(error instanceof StoreRefused || error instanceof ForeignRedis)

const messageOf = (error: unknown) => (error instanceof StoreUnavailable ? error.message : String(error))

export type DrainLoop = ReturnType<typeof createDrainLoop>
