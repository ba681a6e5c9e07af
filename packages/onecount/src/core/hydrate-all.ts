import { type BulkOptions, pages } from './bulk'
import type { Site } from './context'
import { buildRanking } from './fill-ranking'
import { createMirrorFiller } from './mirrors'
import type { PostgresPort } from './ports'
import { read } from './read'
import { PAGE } from './read-posts'

/** What `hydrateAll` has brought into Redis. */
export interface Hydrated {
  /** All posts. */
  posts: number
  /** Rows of `post_ratings`. */
  ratings: number
}

interface HydrateAllSite extends Site {
  postgres: PostgresPort
  postOrder: Parameters<typeof createMirrorFiller>[3]
  drain(): Promise<unknown>
}

/** Brings every post into Redis, page by page, with its mirrors, and builds the ranking. @throws StoreUnavailable */
export async function hydrateAll(
  { postgres, postOrder, drain, ...site }: HydrateAllSite,
  bulk: BulkOptions,
): Promise<Hydrated> {
  const { contexts, contextOf } = site
  // Stores that meet for the first time find that they have diverged, and every post is cold from then on.
  await drain()
  const fillMirrors = createMirrorFiller(postgres, contextOf, bulk.after ?? null, postOrder)
  const total = { posts: 0, ratings: 0 }
  for await (const page of pages(postgres, bulk)) {
    const last = page.at(-1)!.postId
    const ids = page.map(post => post.postId)
    await Promise.all(
      contexts.map(async ctx => {
        const own = ids.filter(id => contextOf(id) === ctx)
        for (let i = 0; i < own.length; i += PAGE) await read(ctx, own.slice(i, i + PAGE), null)
      }),
    )
    total.posts += page.length
    total.ratings += await fillMirrors(ids, bulk.signal)
    bulk.onPage?.({ ...total, last })
  }
  await buildRanking(site)
  return total
}
