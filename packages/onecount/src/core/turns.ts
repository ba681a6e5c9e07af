import type { Context } from './context'
import { SAMPLE } from './look'

/** What Redis says of one queue. */
export interface QueueLook {
  isPending: boolean
  /** The receipt of the cut. */
  confirmed: string
  /** Id of this Redis, '' for none. */
  home: string
}

/** The turns to look, as one loop sees them. */
export interface Place {
  /**
   * Has the first turn after a while: a process that has only begun takes none, as one that is started again and again
   * would put off all others.
   */
  begin(idleMs: number): void
  /** Milliseconds until the loop is to look. */
  untilNext(): number
  /**
   * What Redis says of the queue of this loop in the turn that is on; takes the turn where no other loop has.
   * @throws StoreUnavailable
   */
  look(idleMs: number): Promise<QueueLook>
  /** The loop has just drained, which tells more than a look: it waits for the next turn. */
  skip(): void
}

/**
 * The turns to look that loops of one process share: those of all kinds in one partition. The first of them that is due
 * takes the turn, and one call to Redis looks at the queues of all.
 */
export function createTurns() {
  const members: Context[] = []
  /** When this process has its next turn. */
  let at = 0
  /** Turns that it has had, and what Redis said in the last one. */
  let taken = 0
  let last: Promise<QueueLook[]> = Promise.resolve([])

  async function take(idleMs: number): Promise<QueueLook[]> {
    const [{ redis, elapsed }, ...others] = members as [Context, ...Context[]]
    // Until Redis has said when the next one is: it may not answer.
    at = elapsed() + idleMs
    const { nextMs, queues } = await redis!.look(
      idleMs,
      others.map(ctx => ctx.keys.q),
    )
    at = elapsed() + nextMs
    return queues
  }

  return {
    join(ctx: Context): Place {
      const index = members.push(ctx) - 1
      /** Of the turns that were taken, the last that this loop has looked in. */
      let seen = taken
      return {
        begin(idleMs) {
          at ||= ctx.elapsed() + idleMs * (1 + Math.random())
        },
        untilNext: () => (seen < taken ? 0 : Math.max(0, at - ctx.elapsed())),
        async look(idleMs) {
          if (seen === taken) {
            taken++
            last = take(idleMs)
            // Each loop hears of it by its own look; one that is stopped meanwhile does not.
            last.catch(() => {})
          }
          seen = taken
          try {
            return (await last)[index]!
          } catch (error) {
            if (members.length === 1) throw error
            // The queue of another kind may be what failed.
            const { pending, ...rest } = await ctx.redis!.status(SAMPLE)
            return { isPending: pending > 0, ...rest }
          }
        },
        skip() {
          seen = taken
        },
      }
    },
  }
}

export type Turns = ReturnType<typeof createTurns>
