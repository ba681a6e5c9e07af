import type { Context } from './context'
import type { PairOp, PostgresPort, PostSummary } from './ports'
import { read } from './read'

export interface BulkOptions {
  /** Go on after this post. */
  after?: string | null
  /** Posts a page. */
  pageSize?: number
  /** Called after every page. */
  onPage?: (done: { posts: number; ratings: number; last: string }) => void
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

/** Likes that one call puts into the mirrors: it takes Redis a few milliseconds. */
const MIRRORED = 250
/** Likes read in one call. */
const RATINGS = 1000

/**
 * Fills the mirrors with what Postgres holds, post by post after the one given. What people press meanwhile stands in
 * Redis, pending or recent, and wins.
 */
export function createMirrorFiller(
  postgres: PostgresPort,
  contextOf: (postId: string) => Context,
  after: string | null,
) {
  /** Of the post before too, once: it may have been filled in part. */
  let last: Pick<PairOp, 'postId' | 'sessionId'> | null =
    after === null ? null : { postId: after, sessionId: '' }

  /** Complete for every post up to this one then; answers how many likes that were. @throws StoreUnavailable */
  return async function fill(until: string, signal?: AbortSignal): Promise<number> {
    for (let filled = 0; ; ) {
      signal?.throwIfAborted()
      const page: PairOp[] = await postgres.ratings(last, RATINGS)
      const likes = page.filter(like => like.postId <= until)
      for (let i = 0; i < likes.length; i += MIRRORED) await mirror(contextOf, likes.slice(i, i + MIRRORED))
      last = likes.at(-1) ?? last
      filled += likes.length
      if (likes.length < page.length || page.length === 0) return filled
    }
  }
}

async function mirror(contextOf: (postId: string) => Context, likes: PairOp[]): Promise<void> {
  const byContext = new Map<Context, PairOp[]>()
  for (const like of likes) {
    const ctx = contextOf(like.postId)
    const group = byContext.get(ctx)
    if (group) group.push(like)
    else byContext.set(ctx, [like])
  }
  for (const [{ redis, keys, settings }, group] of byContext) {
    await redis?.run(
      'mirror',
      [
        keys.q,
        keys.recent,
        ...group.flatMap(like => [keys.sessions(like.sessionId), keys.liked(like.postId)]),
      ],
      [settings.likers ? '1' : '0', ...group.flatMap(like => [like.postId, like.sessionId, like.op])],
    )
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
    await ctx.redis.run('cool', [ctx.keys.meta(postId)], [])
  }
  return (await read(ctx, [postId], null)).get(postId)?.count ?? null
}
