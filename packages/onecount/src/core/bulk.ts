import type { Context } from './context'
import type { PostgresPort, PostSummary } from './ports'
import { read } from './read'

/** How `pages` and `rehydrate` go through all posts. */
export interface BulkOptions {
  /**
   * Go on after this post.
   * @default `null`, from the first one
   */
  after?: string | null
  /**
   * Posts a page.
   * @default 500
   */
  pageSize?: number
  /**
   * Called after every page.
   * @default none
   */
  onPage?: (done: BulkProgress) => void
  /**
   * Once it is aborted, the next page throws its reason.
   * @default none
   */
  signal?: AbortSignal
}

/** How far `hydrateAll` has come. */
export interface BulkProgress {
  /** Posts that are done. */
  posts: number
  /** Rows of `post_ratings` that were read for them. */
  ratings: number
  /** The last post that is done: `after` of a run that goes on from here. */
  last: string
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
