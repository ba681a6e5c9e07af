import { type Drained, errorsOf } from './operations'
import type { KindsService, LikesService } from './ports'
import { shareRuns } from './share-runs'

/** Between a drain that failed and the next attempt: at first, and at most; milliseconds. */
const LEAST_PAUSE_MS = 500
const MOST_PAUSE_MS = 10_000

export interface AfterDrain {
  /**
   * Whether a drain has to follow the answer to a request: after a press, and after any request while the drain before
   * has left something. Not at once after one that failed.
   */
  isDue(hasPressed: boolean): boolean
  /**
   * Drains what is pending. One drain runs at a time: calls that come meanwhile share the one that follows. Never
   * rejects: `logError` is told.
   */
  run(logError: (error: unknown) => void): Promise<void>
}

/**
 * The drain of a process that the platform stops between requests. No timer starts it: a press does, and where a drain
 * has failed or was stopped in the middle, the next request of any kind. What a process leaves that never comes back is
 * drained by the next press anywhere, or by a scheduler that calls `{base}/drain`.
 */
export function createAfterDrain(
  service: Pick<LikesService | KindsService, 'drainer'>,
  { budgetMs = 5000, now = Date.now }: { budgetMs?: number; now?: () => number } = {},
): AfterDrain {
  let isRunning = false
  /** The drain before has left something, or it is not known whether it has. */
  let isBehind = false
  let failures = 0
  let failedAt = 0

  /** By the wall clock: the other one may stand still while the process does. A clock that was set back is no reason to wait. */
  const mayTry = () => {
    const pauseMs = Math.min(MOST_PAUSE_MS, LEAST_PAUSE_MS * 2 ** (failures - 1))
    return failures === 0 || Math.abs(now() - failedAt) >= pauseMs
  }

  /** Answers what failed. */
  async function drain(): Promise<unknown[]> {
    isRunning = true
    isBehind = true
    const errors: unknown[] = []
    try {
      const { more, kinds = {} }: Drained = await service.drainer.flush({
        budgetMs,
        // Who presses meanwhile drains; and of many functions one is enough.
        looksAgain: false,
        whenHeld: 'leave',
      })
      errors.push(...errorsOf(kinds))
      // A kind that failed has more.
      isBehind = more
    } catch (error) {
      errors.push(error)
    }
    isRunning = false
    failures = errors.length > 0 ? failures + 1 : 0
    failedAt = now()
    return errors
  }

  const shared = shareRuns(drain)
  return {
    isDue: hasPressed => (hasPressed || (isBehind && !isRunning)) && mayTry(),
    async run(logError) {
      for (const error of await shared()) logError(error)
    },
  }
}
