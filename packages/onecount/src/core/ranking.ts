import type { Context } from './context'
import { StoreUnavailable } from './errors'
import { fill, fillRanking } from './fill-ranking'
import type { RankedPost } from './ports'
import { strings } from './replies'
import { createTopOfPostgres, TOP } from './top-of-postgres'

/** After a filling that did not come to an end the next one waits this long, milliseconds. */
const AGAIN_MS = 1000
/** How often is looked for posts that Postgres has and the ranking has not, milliseconds. */
const LOOK_MS = 10_000

/**
 * The most liked posts. Redis keeps them once every post was brought there; until then Postgres answers, and the ranking
 * is built in the background.
 */
export function createRanking(ctx: Context) {
  const top = createTopOfPostgres(ctx)
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
    if (ctx.elapsed() < fillAt) return
    fillAt = ctx.elapsed() + AGAIN_MS * (1 + Math.random())
    inBackground(() => fillRanking(ctx))
  }

  /**
   * Redis hears of a post when it is first read. One that was written into Postgres with many likes, and was
   * never read, would be missing: now and then the first posts of both are compared.
   */
  function lookForNew(epoch: string, ranked: RankedPost[], isCut: boolean): void {
    if (ctx.elapsed() < lookAt) return
    lookAt = ctx.elapsed() + LOOK_MS * (1 + Math.random())
    inBackground(async () => {
      const known = new Set(ranked.map(post => post.postId))
      const least = isCut ? (ranked.at(-1)?.likes ?? 0) : 0
      const missing = (await top()).filter(({ postId, likes }) => likes >= least && !known.has(postId))
      if (missing.length > 0) await fill(ctx, epoch, '', 0, missing, false)
    })
  }

  /** Of Redis; null: it has no complete ranking. */
  async function ofRedis(limit: number): Promise<RankedPost[] | null> {
    if (!ctx.redis) return null
    try {
      const [epoch, ...flat] = strings(await ctx.redis.run('rank', [ctx.keys.q, ctx.keys.rank], [limit]))
      if (epoch === '') {
        fillSoon()
        return null
      }
      const ranked: RankedPost[] = []
      for (let i = 0; i < flat.length; i += 2) ranked.push({ postId: flat[i]!, likes: Number(flat[i + 1]) })
      lookForNew(epoch!, ranked, ranked.length === limit)
      return ranked
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
