import type { Context } from './context'
import { StoreUnavailable } from './errors'
import { strings } from './replies'

const PAGE = 1000

/**
 * Ids of the most liked posts, most liked first, by the counts of this moment. Where Redis has no complete ranking
 * (it is new, or was lost) Postgres answers and `complete` is false: fill it. A hint for the order: read the posts
 * for their exact counts. One round trip. @throws StoreUnavailable when neither store answers
 */
export async function ranking(
  ctx: Context,
  limit: number,
): Promise<{ postIds: string[]; complete: boolean }> {
  try {
    if (ctx.redis) {
      const [complete, ...flat] = strings(await ctx.redis.run('rank', [ctx.keys.q, ctx.keys.rank], [limit]))
      if (complete === '1') return { postIds: flat.filter((_, i) => i % 2 === 0), complete: true }
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
  }
  return { postIds: (await ctx.postgres.ranking(limit)).map(p => p.postId), complete: false }
}

/** Builds the ranking from every post of Postgres, in pages. @throws StoreUnavailable */
export async function fillRanking(ctx: Context): Promise<void> {
  const fill = async (epoch: string, posts: { postId: string; likes: number }[], last: boolean) =>
    (await ctx.redis!.run(
      'fill',
      [
        ctx.keys.q,
        ctx.keys.rank,
        ...posts.flatMap(({ postId }) => [
          ctx.keys.likes(postId),
          ctx.keys.liked(postId),
          ctx.keys.meta(postId),
        ]),
      ],
      [epoch, ctx.newId(), last ? '1' : '0', ...posts.flatMap(({ postId, likes }) => [postId, likes])],
    )) as string

  let epoch = await fill('', [], false)
  let after: string | null = null
  while (epoch !== '') {
    const page = await ctx.postgres.posts(after, PAGE)
    after = page.at(-1)?.postId ?? null
    epoch = await fill(epoch, page, after === null)
    if (after === null) return
  }
}
