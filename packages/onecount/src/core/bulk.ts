import type { Context } from './context'
import type { PostgresPort, PostSummary } from './ports'
import { read } from './read'

/** How `pages` and `rehydrate` go through all posts. */
export interface BulkOptions {
  /** Go on after this post. */
  after?: string | null
  /**
   * Posts a page.
   * @default 500
   */
  pageSize?: number
  /** Called after every page. */
  onPage?: (done: { posts: number; ratings: number; last: string }) => void
  /** Once it is aborted, the next page throws its reason. */
  signal?: AbortSignal
}

/** All posts in keyset pages. @throws StoreUnavailable */
export async function* pages(
  postgres: PostgresPort,
  { after = null, pageSize = 500, signal }: BulkOptions = {},
): AsyncGenerator<PostSummary[]> {
  for (let last = after; ; ) {
    signal?.throwIfAborted()
    const page = await postgres.posts(last, pageSize)
    if (page.length === 0) return
    yield page
    last = page.at(-1)!.postId
  }
}

/**
 * Builds a post's numbers anew from Postgres plus what is pending, and answers its count; `null` when there is no such
 * post or its count is unknown. Its revision goes on growing. @throws StoreUnavailable
 */
export async function rehydrate(ctx: Context, postId: string): Promise<number | null> {
  if (ctx.redis) {
    // While Postgres cannot be read, what is known stays known.
    await ctx.postgres.peek([postId], null)
    await ctx.redis.cool(postId)
  }
  return (await read(ctx, [postId], null)).get(postId)?.count ?? null
}
