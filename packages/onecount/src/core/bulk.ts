import type { Context } from './context'
import { hydrate } from './hydrate'
import type { PostSummary } from './ports'
import { read } from './read'

export interface BulkOptions {
  /** Go on after this post. */
  after?: string | null
  /** Posts a page. */
  pageSize?: number
  /** Ratings held in memory at once; a single post with more is taken alone. */
  maxRatings?: number
  /** Called after every page. */
  onPage?: (done: { posts: number; ratings: number; last: string }) => void
  signal?: AbortSignal
}

/** All posts in keyset pages, cut so that no page holds more than `maxRatings` ratings. @throws StoreUnavailable */
export async function* pages(ctx: Context, options: BulkOptions = {}): AsyncGenerator<PostSummary[]> {
  const { pageSize = 500, maxRatings = 20_000, signal } = options
  let after = options.after ?? null
  for (;;) {
    signal?.throwIfAborted()
    const page = await ctx.postgres.posts(after, pageSize)
    if (page.length === 0) return
    let ratings = 0
    const fits = page.findIndex((post, i) => {
      ratings += post.ratings
      return i > 0 && ratings > maxRatings
    })
    const cut = fits === -1 ? page : page.slice(0, fits)
    yield cut
    after = cut.at(-1)!.postId
  }
}

/**
 * Brings every post into Redis. Warm posts are left as they are; running it again, or twice at once, changes
 * nothing. Memory is bounded by a page. @throws StoreUnavailable
 */
export async function hydrateAll(
  ctx: Context,
  options: BulkOptions = {},
): Promise<{ posts: number; ratings: number }> {
  const total = { posts: 0, ratings: 0 }
  for await (const page of pages(ctx, options)) {
    await hydrate(
      ctx,
      page.map(p => p.postId),
      null,
    )
    total.posts += page.length
    total.ratings += page.reduce((sum, p) => sum + p.ratings, 0)
    options.onPage?.({ ...total, last: page.at(-1)!.postId })
  }
  return total
}

/**
 * Builds a post's keys anew from Postgres plus what is pending, and answers its count; `null` when there is no such
 * post or its count is unknown. Its revision goes on growing.
 */
export async function rehydrate(ctx: Context, postId: string): Promise<number | null> {
  if (ctx.redis) {
    // While Postgres cannot be read, what is known stays known.
    await ctx.postgres.peek([postId], null, [])
    await ctx.redis.run('cool', [ctx.keys.meta(postId)], [])
  }
  return (await read(ctx, [postId], null)).get(postId)?.count ?? null
}
