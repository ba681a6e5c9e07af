import type { Context } from './context'
import type { RankedPost } from './ports'

/** Posts that the ranking can be asked for at most. */
export const TOP = 1000

/** An answer is good for this long, milliseconds, and for this many times as long as Postgres took for it. */
const FRESH_MS = 1000
const FRESH_TIMES = 20
/** One that is older is given as long as it is not so many times as old, while a new one is on its way. */
const STALE_TIMES = 3

/**
 * The most liked posts by Postgres, which reads every post for them: all who ask at once share one answer, and it is good
 * for a second or two. So a process has Postgres busy for a twentieth of the time at most, however often it is asked.
 */
export function createTopOfPostgres(ctx: Context) {
  let known: { posts: RankedPost[]; at: number; freshMs: number } | undefined
  let asking: Promise<RankedPost[]> | undefined

  async function ask(): Promise<RankedPost[]> {
    const began = ctx.elapsed()
    const posts = await ctx.postgres.ranking(TOP)
    const at = ctx.elapsed()
    // With jitter, so that processes which started together do not go on together.
    const freshMs = Math.max(FRESH_MS, FRESH_TIMES * (at - began)) * (1 + Math.random() / 2)
    known = { posts, at, freshMs }
    return posts
  }

  /** @throws StoreUnavailable when Postgres does not answer and what is known is too old */
  return async function top(): Promise<RankedPost[]> {
    const age = known ? ctx.elapsed() - known.at : Number.POSITIVE_INFINITY
    if (known && age < known.freshMs) return known.posts
    asking ??= ask().finally(() => {
      asking = undefined
    })
    if (!known || age >= STALE_TIMES * known.freshMs) return asking
    asking.catch(() => {})
    return known.posts
  }
}
