import type { Context, Site } from './context'
import { StoreUnavailable } from './errors'
import type { RankedPost } from './ports'
import { TOP } from './top-of-postgres'

/** For how long a filler holds the right to fill without bringing a page, milliseconds. */
const PAGE_MS = 10_000
/** How long another filler is waited for, milliseconds, and how often is looked. */
const WAIT_MS = 60_000
const LOOK_MS = 100

/** The right to fill one partition. */
interface Filling {
  ctx: Context
  epoch: string
  /** '': its ranking is complete, posts that it lacks come in. */
  token: string
}

/**
 * Builds the ranking from every post of Postgres, in pages, while all changes go on. Only a filler that has brought every
 * page makes it complete; a page that arrives late, twice or after another filler has begun changes nothing. Where the
 * ranking is complete, posts that it lacks come in. False: another filler is at it, or this one has lost what it had built.
 * @throws StoreUnavailable; what was built is dropped by the next filler
 */
export async function fillRanking(site: Site): Promise<boolean> {
  const prepared = await Promise.all(site.contexts.map(prepare))
  const fillings = prepared.filter(filling => filling !== null)
  const [{ postgres, settings }] = site.contexts as [Context]

  let isDone = false
  try {
    if (fillings.length < prepared.length) return false
    let after: string | null = null
    for (let page = 0; ; page++) {
      const posts: RankedPost[] = await postgres.likes(after, settings.rankingPage)
      const isLast = posts.length === 0
      // Posts that were made meanwhile, with ids among those that had been read.
      const brought = isLast ? await postgres.ranking(TOP) : posts
      const filled = await Promise.all(
        fillings.map(({ ctx, epoch, token }) =>
          fill(
            ctx,
            epoch,
            token,
            page,
            brought.filter(post => site.contextOf(post.postId) === ctx),
            isLast,
          ),
        ),
      )
      if (!filled.every(Boolean)) return false
      if (isLast) break
      after = posts.at(-1)!.postId
    }
    isDone = true
    return true
  } finally {
    // So that the next filler does not wait for the right to run out.
    if (!isDone) await Promise.all(fillings.map(release))
  }
}

/** `null`: another filler is at it, or there is nothing yet to rank by. */
async function prepare(ctx: Context): Promise<Filling | null> {
  const id = ctx.newId()
  let { verdict, epoch } = await ctx.redis!.prepare(id, PAGE_MS)
  if (verdict === 'NEW') {
    await ctx.drainOnce()
    ;({ verdict, epoch } = await ctx.redis!.prepare(id, PAGE_MS))
  }
  if (verdict !== 'MINE' && verdict !== 'COMPLETE') return null
  return { ctx, epoch, token: verdict === 'MINE' ? id : '' }
}

async function release({ ctx, token }: Filling): Promise<void> {
  if (token !== '') await ctx.redis!.release(token).catch(() => {})
}

/** Puts posts into the ranking of a partition; false: it is not as it was any more, nothing changed. One round trip. */
export const fill = (
  { redis }: Context,
  epoch: string,
  token: string,
  page: number,
  posts: readonly RankedPost[],
  isLast: boolean,
): Promise<boolean> => redis!.fill(posts, { epoch, token, page, isLast, pageMs: PAGE_MS })

/** The same, for who needs it complete: waits for another filler, and begins again. @throws StoreUnavailable */
export async function buildRanking(site: Site): Promise<void> {
  const [{ elapsed, sleep }] = site.contexts as [Context]
  const end = elapsed() + WAIT_MS
  while (!(await fillRanking(site))) {
    if (elapsed() >= end)
      throw new StoreUnavailable('redis', 'the ranking is being built by another process for a minute')
    await sleep(LOOK_MS)
  }
}
