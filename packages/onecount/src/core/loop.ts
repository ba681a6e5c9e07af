import type { Context } from './context'
import { createBatchDrain, type Tick } from './drain'
import { ForeignRedis, Repartitioned, StoreRefused, StoreUnavailable } from './errors'
import { createTurns } from './turns'

/** When the loop of a drain looks for work. */
export interface LoopOptions {
  /**
   * Waits this long after a like, so that likes share a batch; milliseconds.
   * @default 25
   */
  lingerMs?: number
  /**
   * How often all processes together look for what others left behind, milliseconds; 0: never, a like is what wakes the
   * drain.
   * @default 2000
   */
  idleMs?: number
  /**
   * Longest pause while a store is unreachable; milliseconds.
   * @default 5000
   */
  maxBackoffMs?: number
}

/** What a drain has done. */
export interface Drained {
  /** Ops that Postgres holds now. */
  drained: number
  /** Whether something is left. */
  more: boolean
}

/** How one batch is drained. */
export interface TickOptions {
  /**
   * As the loop does it: not while another process is at it.
   * @default false
   */
  sharesLease?: boolean
}

/** How the background drain ends. */
export interface StopOptions {
  /**
   * How long it drains what is left, milliseconds.
   * @default 5000
   */
  budgetMs?: number
}

/** How a drain goes that is waited for. */
export interface FlushOptions {
  /**
   * It ends after so many milliseconds; what is left stays pending.
   * @default 5000
   */
  budgetMs?: number
  /**
   * Whether it ends with a look at both stores, for what was pressed since its last batch began.
   * @default true
   */
  looksAgain?: boolean
  /**
   * While another process drains: `join` drains beside it, `wait` until it has ended or is not heard of any more, `leave`
   * ends at once, with `more`.
   * @default 'join'
   */
  whenHeld?: 'join' | 'wait' | 'leave'
}

/** How long a drain that is waited for takes at most by default, milliseconds. */
const FLUSH_MS = 5000
/** A store that answers again within this time is not worth a line in the log, milliseconds. */
const BRIEF_MS = 1000
/** A lease runs out at the same moment for all who wait for it: they ask one after the other, milliseconds. */
const SPREAD_MS = 200

/**
 * The drain as a loop: it sleeps until it is nudged or has its turn to look, drains until nothing is left, and slows
 * down while a store is unreachable, Postgres refuses every op, or Postgres belongs to another Redis. While another
 * process drains it waits: that one goes on until nothing is left. `stop` finishes what it can first. Loops with the same
 * `turns` look together.
 */
export function createDrainLoop(ctx: Context, options: LoopOptions = {}, turns = createTurns()) {
  const { lingerMs = 25, idleMs = 2000, maxBackoffMs = 5000 } = options
  /** Of a caller that asks for a drain, beside any other process. */
  const direct = createBatchDrain(ctx)
  const leased = createBatchDrain(ctx, { sharesLease: true })
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  /** Something was pressed that no drain has begun after. */
  let nudged = false
  /** Another process was at it when something was pressed: if it is gone, this one drains. */
  let waits = false
  let stopped = true
  let failures = 0
  let lastDrainAt: number | null = null
  /** Why the drain is paused, as it was logged last; null: it is not. */
  let paused: string | null = null
  /** When the failures that go on began. */
  let failingSince = 0
  /** Whether it has looked at all. */
  let hasLooked = false
  const place = turns.join(ctx)

  /** One tick. @throws StoreUnavailable */
  async function drainBatch(by = direct): Promise<Tick> {
    const tick = await by.tick()
    if (tick.outcome !== 'held') lastDrainAt = Math.floor(ctx.now() / 1000)
    return tick
  }

  /** Drains until nothing is left or the time is up. @throws StoreUnavailable */
  async function flush({
    budgetMs = FLUSH_MS,
    looksAgain = true,
    whenHeld = 'join',
  }: FlushOptions = {}): Promise<Drained> {
    if (!ctx.redis) return { drained: 0, more: false }
    const end = ctx.elapsed() + budgetMs
    let drained = 0
    for (;;) {
      const tick = await drainBatch(whenHeld === 'join' ? direct : leased)
      drained += tick.drained
      if (tick.heldMs !== undefined) {
        if (whenHeld === 'leave' || ctx.elapsed() + tick.heldMs >= end) return { drained, more: true }
        await ctx.sleep(tick.heldMs)
        continue
      }
      if (!tick.more && !(looksAgain && (await direct.hasWork()))) return { drained, more: false }
      if (ctx.elapsed() >= end) return { drained, more: true }
    }
  }

  function schedule(ms: number): void {
    if (stopped || running || ms === Number.POSITIVE_INFINITY) return
    clearTimeout(timer)
    timer = setTimeout(wake, ms)
    timer.unref()
  }

  const backoffMs = () => Math.min(maxBackoffMs, 100 * 2 ** Math.min(failures, 10))
  const untilTurn = () => (idleMs > 0 ? place.untilNext() : Number.POSITIVE_INFINITY)

  function wake(): void {
    running = work()
      .then(succeed, fail)
      .then(pause => {
        running = undefined
        schedule(nudged && failures === 0 ? lingerMs : pause)
      })
  }

  async function work(): Promise<Pick<Tick, 'more' | 'heldMs'>> {
    const asked = nudged || waits
    nudged = false
    waits = false
    if (!asked && !(await isNeeded())) return { more: false }
    let tick = await drainBatch(leased)
    while (tick.more && !stopped) tick = await drainBatch(leased)
    place.skip()
    return tick
  }

  function isNeeded(): Promise<boolean> {
    if (hasLooked && failures === 0) return direct.look(place, idleMs)
    hasLooked = true
    place.begin(idleMs)
    place.skip()
    return direct.hasWork()
  }

  /** Answers how long to wait, as `fail`. */
  function succeed({ more, heldMs }: Pick<Tick, 'more' | 'heldMs'>): number {
    if (heldMs !== undefined) {
      // That one goes on until nothing is left; how it fares it says itself.
      waits = true
      return heldMs + SPREAD_MS * Math.random()
    }
    if (paused !== null) ctx.log.warn('drain resumed')
    paused = null
    if (failures > 0) ctx.pause.end()
    failures = 0
    return more ? lingerMs : untilTurn()
  }

  function fail(error: unknown): number {
    if (failures++ === 0) failingSince = ctx.elapsed()
    // A look that fails pauses the drain as a batch does.
    if (isOutage(error)) ctx.pause.begin('unreachable')
    const kind = kindOf(error)
    const isBrief = isOutage(error) && ctx.elapsed() - failingSince < BRIEF_MS
    if (kind !== paused && !isBrief) {
      ctx.log.warn(`drain paused: ${messageOf(error)}`)
      paused = kind
    }
    return backoffMs()
  }

  return {
    /**
     * Drains one batch.
     * @throws StoreUnavailable
     * @example
     * const { outcome } = await onecount.drainer.tick()
     */
    tick: ({ sharesLease = false }: TickOptions = {}): Promise<Tick> =>
      drainBatch(sharesLease ? leased : direct),
    /**
     * Drains until nothing is left or `budgetMs` have passed. With `broadcast` it waits for its messages, for at most a
     * second: the process may be stopped afterwards.
     * @throws StoreUnavailable
     * @example
     * const { drained, more } = await onecount.drainer.flush({ budgetMs: 2000 })
     */
    flush,
    /**
     * Whether something is left to drain. Two round trips.
     * @throws StoreUnavailable, ForeignRedis
     * @example
     * while (await onecount.drainer.hasWork()) await onecount.drainer.tick()
     */
    hasWork: (): Promise<boolean> => direct.hasWork(),
    /**
     * When the last batch ended, milliseconds since 1970.
     * @example
     * const at = onecount.drainer.lastDrainAt()
     */
    lastDrainAt: (): number | null => lastDrainAt,
    /**
     * Begins to drain in the background; one call is enough.
     * @example
     * onecount.drainer.start()
     */
    start(): void {
      if (!stopped || !ctx.redis) return
      stopped = false
      schedule(0)
    },
    /**
     * Something is pending: drain soon. Costs nothing when it is called often; the engine calls it after each press.
     * @example
     * onecount.drainer.nudge()
     */
    nudge(): void {
      if (nudged || !ctx.redis) return
      nudged = true
      if (failures === 0) schedule(lingerMs)
    },
    /**
     * Ends the background drain and drains what is left; what could not be drained stays pending.
     * @example
     * process.once('SIGTERM', () => onecount.drainer.stop())
     */
    async stop({ budgetMs = 5000 }: StopOptions = {}): Promise<void> {
      stopped = true
      clearTimeout(timer)
      await running
      await flush({ budgetMs }).catch(error => {
        if (kindOf(error) !== paused) ctx.log.warn(`drain stopped, ops stay pending: ${messageOf(error)}`)
      })
    },
  }
}

/** Failures of one kind are logged once. */
function kindOf(error: unknown): string {
  if (error instanceof StoreRefused) return `${error.name} ${error.sqlstate}`
  return error instanceof StoreUnavailable ? `${error.name} ${error.store}` : String(error)
}

const isOutage = (error: unknown): boolean =>
  error instanceof StoreUnavailable &&
  !(error instanceof StoreRefused || error instanceof ForeignRedis || error instanceof Repartitioned)

const messageOf = (error: unknown) => (error instanceof StoreUnavailable ? error.message : String(error))

/**
 * Moves likes from Redis to Postgres: `start` it in a process that runs on, and `stop` it before the process ends;
 * `flush` it where no process runs on.
 */
export type Drainer = ReturnType<typeof createDrainLoop>
