import { StoreUnavailable } from './errors'
import type { Logger, PostgresPort } from './ports'

/** Postgres prunes once an hour at most, however many processes ask. */
const HOUR_MS = 3_600_000

/**
 * Lets Postgres delete rows that no op needs any more: unlikes from long ago, and what is logged for a Redis that is
 * gone.
 */
export function createPruning(postgres: PostgresPort, days: number, log: Logger) {
  let timer: NodeJS.Timeout | undefined

  function schedule(): void {
    timer = setTimeout(work, HOUR_MS * (0.5 + Math.random()))
    timer.unref()
  }

  /** As long as there is more, until `isOver`. @throws StoreUnavailable */
  async function prune(isOver: () => boolean): Promise<void> {
    while (!isOver() && (await postgres.prune(days)));
  }

  async function work(): Promise<void> {
    try {
      await prune(() => !timer)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) log.warn(`pruning failed: ${error}`)
    }
    if (timer) schedule()
  }

  return {
    prune,
    start(): void {
      if (!timer) schedule()
    },
    stop(): void {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
