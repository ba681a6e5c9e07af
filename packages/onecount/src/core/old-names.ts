import type { Drainer, FlushOptions, TickOptions } from './loop'

/**
 * The drain under the names that it had in 0.1.
 * @deprecated since 0.2: {@link Drainer}
 */
export interface DrainLoop extends Omit<Drainer, 'tick' | 'flush'> {
  /**
   * As `drainer.tick`.
   * @deprecated since 0.2: `drainer.tick`
   * @example
   * const { outcome } = await onecount.drainer.tick()
   */
  once(options?: TickOptions): ReturnType<Drainer['tick']>
  /**
   * As `drainer.flush`, without a limit of time by default.
   * @deprecated since 0.2: `drainer.flush`
   * @example
   * const { drained } = await onecount.drainer.flush({ budgetMs: 2000 })
   */
  drain(options?: FlushOptions): ReturnType<Drainer['flush']>
}

/**
 * How one batch is drained, under the name of 0.1.
 * @deprecated since 0.2: {@link TickOptions}
 */
export type OnceOptions = TickOptions
/**
 * How a drain goes that is waited for, under the name of 0.1.
 * @deprecated since 0.2: {@link FlushOptions}
 */
export type DrainOptions = FlushOptions

/** Gives a drainer its names of 0.1. Goes away with {@link DrainLoop}. */
export function withOldNames({ tick, flush, ...rest }: Drainer): DrainLoop {
  return { ...rest, once: tick, drain: options => flush({ budgetMs: Number.POSITIVE_INFINITY, ...options }) }
}
