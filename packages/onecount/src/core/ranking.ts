import type { Context, Site } from './context'
import { StoreUnavailable } from './errors'
import { fill, fillRanking } from './fill-ranking'
import type { RankedPost } from './ports'
import { createTopOfPostgres, TOP } from './top-of-postgres'

/** After a filling that did not come to an end the next one waits this long, milliseconds. */
const AGAIN_MS = 1000
/** How often is looked for posts that Postgres has and the ranking has not, milliseconds. */
const LOOK_MS = 10_000

/** The ranking of one partition; without an epoch it is not complete. */
interface Ranked {
  ctx: Context
  epoch: string
  posts: RankedPost[]
}

/**
 * The most liked posts. Redis keeps them once every post was brought there, each partition its own; until then Postgres
 * answers, and the ranking is built in the background.
 */
export function createRanking(site: Site) {
  const [{ elapsed, redis }] = site.contexts as [Context]
  const top = createTopOfPostgres(site.contexts[0]!)
  let working = false
  let fillAt = 0
  let lookAt = 0

  /** One at a time; its failure is not the caller's: the next call tries again. */
  function inBackground(work: () => Promise<unknown>): void {
    if (working) return
    working = true
    work()
      .catch(() => {})
      .finally(() => {
        working = false
      })
  }

  function fillSoon(): void {
    if (elapsed() < fillAt) return
    fillAt = elapsed() + AGAIN_MS * (1 + Math.random())
    inBackground(() => fillRanking(site))
  }

  /**
   * Redis hears of a post when it is first read. One that was written into Postgres with many likes, and was
   * never read, would be missing: now and then the first posts of both are compared.
   */
  function lookForNew(ranked: Ranked[], limit: number): void {
    if (elapsed() < lookAt) return
    lookAt = elapsed() + LOOK_MS * (1 + Math.random())
    inBackground(async () => {
      const first = await top()
      for (const { ctx, epoch, posts } of ranked) {
        const known = new Set(posts.map(post => post.postId))
        const least = posts.length === limit ? (posts.at(-1)?.likes ?? 0) : 0
        const missing = first.filter(
          ({ postId, likes }) => site.contextOf(postId) === ctx && likes >= least && !known.has(postId),
        )
        if (missing.length > 0) await fill(ctx, epoch, '', 0, missing, false)
      }
    })
  }

  /** Of Redis; null: it has no complete ranking. */
  async function ofRedis(limit: number): Promise<RankedPost[] | null> {
    if (!redis) return null
    try {
      const ranked = await Promise.all(
        site.contexts.map(async ctx => ({ ctx, ...(await ctx.redis!.rank(limit)) })),
      )
      if (ranked.some(({ epoch }) => epoch === '')) {
        fillSoon()
        return null
      }
      lookForNew(ranked, limit)
      return merged(ranked, limit)
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
      return null
    }
  }

  /**
   * Ids of the most liked posts, 1 to 1,000, most liked first and of equal ones the greater id first, by the counts of this
   * moment; where Postgres answers, by those of a second ago. A hint for the order: read the posts for their exact counts.
   * One round trip. @throws StoreUnavailable when neither store answers
   */
  return async function ranking(limit: number): Promise<string[]> {
    const most = Math.min(Math.max(1, limit), TOP)
    const ranked = (await ofRedis(most)) ?? (await top()).slice(0, most)
    return ranked.map(post => post.postId)
  }
}

function merged(ranked: Ranked[], limit: number): RankedPost[] {
  if (ranked.length === 1) return ranked[0]!.posts
  return ranked
    .flatMap(({ posts }) => posts)
    .sort((a, b) => b.likes - a.likes || (a.postId < b.postId ? 1 : -1))
    .slice(0, limit)
}
