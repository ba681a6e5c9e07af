import type { Context } from './context'
import { isSessionId } from './ids'
import { compareUuids, type Ids } from './kind-ids'
import { likesOf, RATINGS } from './likes-of'
import type { PairOp, PostgresPort } from './ports'
import type { Mirrored, Pair } from './script-calls'
import type { PairInRedis } from './scripts'

/** Pairs that one call looks at or changes: it takes Redis a few milliseconds. */
const PAIRS = 250
/** Likers of a post that are held in memory, about. */
const HELD = 50_000
/** Likers of a post in one reply of Redis, about. */
const LIKERS = 500

/** @throws StoreUnavailable */
export async function lookAtPairs({ redis }: Context, pairs: Pair[]): Promise<PairInRedis[]> {
  const found: PairInRedis[] = []
  for (const slice of slicesOf(pairs, PAIRS)) found.push(...(await redis!.comparePairs(slice)))
  return found
}

async function mirror({ redis, settings }: Context, pairs: Mirrored[]): Promise<void> {
  for (const slice of slicesOf(pairs, PAIRS)) await redis?.mirror(slice, settings.likers)
}

/**
 * Makes the mirrors of who likes what hold what Postgres holds, post by post after the one given. What people press
 * meanwhile stands in Redis, pending or recent, and wins.
 */
export function createMirrorFiller(
  postgres: PostgresPort,
  contextOf: (postId: string) => Context,
  after: string | null,
  postOrder: Ids['postOrder'] = compareUuids,
) {
  /** Of the post before too, once: it may have been filled in part. */
  let last: Pair | null = after === null ? null : { postId: after, sessionId: '' }

  /** The likes up to the last one of these posts, from where the posts before ended. */
  async function* nextLikes(postIds: string[], signal?: AbortSignal): AsyncGenerator<PairOp[]> {
    if (!postOrder) {
      const before = last ? [last.postId] : []
      last = null
      yield* likesOf(postgres, [...before, ...postIds], null, signal)
      return
    }
    const until = postIds.at(-1)!
    for (;;) {
      signal?.throwIfAborted()
      const page: PairOp[] = await postgres.ratings(last, RATINGS)
      const likes = page.filter(like => postOrder(like.postId, until) <= 0)
      yield likes
      last = likes.at(-1) ?? last
      if (likes.length < page.length || page.length === 0) return
    }
  }

  /** The next posts, in the order of Postgres; answers how many likes they have. @throws StoreUnavailable */
  return async function fill(postIds: string[], signal?: AbortSignal): Promise<number> {
    const filled = new Map<string, number>()
    let ratings = 0
    for await (const likes of nextLikes(postIds, signal)) {
      for (const [ctx, group] of byContext(contextOf, likes.filter(isMirrored))) await mirror(ctx, group)
      for (const { postId } of likes.filter(isMirrored)) filled.set(postId, (filled.get(postId) ?? 0) + 1)
      ratings += likes.length
    }
    const posts = postIds.map(postId => ({ postId }))
    for (const [ctx, group] of byContext(contextOf, posts)) {
      const ids = group.map(({ postId }) => postId)
      await mirrorLikes(ctx, ids)
      for (const [postId, size] of await sizesOf(ctx, ids))
        if (size > (filled.get(postId) ?? 0)) await prune(ctx, postId, signal)
    }
    return ratings
  }
}

/** The mirrors of one post, whatever was drained recently: Postgres decides. @throws StoreUnavailable */
export async function repairMirrors(ctx: Context, postId: string, signal?: AbortSignal): Promise<void> {
  for (let last: Pair = { postId, sessionId: '' }; ; ) {
    signal?.throwIfAborted()
    const seen = (await ctx.postgres.ratings(last, RATINGS)).filter(like => like.postId === postId)
    const pairs = seen.filter(isMirrored)
    const before = new Map(
      (await lookAtPairs(ctx, pairs)).map((held, i) => [pairs[i]!.sessionId, held.recent]),
    )
    const page = await ctx.postgres.ratings(last, RATINGS)
    const likes = page.filter(like => like.postId === postId)
    await mirror(
      ctx,
      likes.filter(isMirrored).map(like => ({ ...like, before: before.get(like.sessionId) })),
    )
    if (likes.length < RATINGS) break
    last = likes.at(-1)!
  }
  await mirrorLikes(ctx, [postId])
  await prune(ctx, postId, signal)
}

/** The counts of those that are warm. */
async function mirrorLikes({ redis }: Context, postIds: string[]): Promise<void> {
  for (const slice of slicesOf(postIds, PAIRS)) await redis!.mirrorLikes(slice)
}

/** Takes those out of the mirrors that Postgres does not know. */
async function prune(ctx: Context, postId: string, signal?: AbortSignal): Promise<void> {
  for await (const strangers of strangersOf(ctx, postId, signal)) {
    const pairs = [...strangers].map(sessionId => ({ postId, sessionId, op: 0 }))
    const held = await lookAtPairs(ctx, pairs)
    // Those that have liked since, and were drained since.
    await dropLikers(ctx.postgres, postId, strangers, signal)
    const left = pairs.map((pair, i) => ({ ...pair, before: held[i]!.recent }))
    await mirror(
      ctx,
      left.filter(pair => strangers.has(pair.sessionId)),
    )
  }
}

/**
 * Sessions that `post:liked` has and Postgres does not, in sets of about `most` at most: some of them may be pending or have
 * liked since. Reads the set and the likes of the post once, those of a post with very many again for each part.
 * @throws StoreUnavailable
 */
export async function* strangersOf(
  ctx: Context,
  postId: string,
  signal?: AbortSignal,
  most = HELD,
): AsyncGenerator<Set<string>> {
  const size = (await sizesOf(ctx, [postId])).get(postId)!
  const parts = Math.ceil(size / most)
  for (let part = 0; part < parts; part++) {
    const members = await likersIn(ctx, postId, part, parts, signal)
    await dropLikers(ctx.postgres, postId, members, signal)
    if (members.size > 0) yield members
  }
}

/** Members of `post:liked` whose hash falls into a part. */
async function likersIn(
  { redis }: Context,
  postId: string,
  part: number,
  parts: number,
  signal?: AbortSignal,
): Promise<Set<string>> {
  const found = new Set<string>()
  for (let cursor = '0'; ; ) {
    signal?.throwIfAborted()
    const { next, sessionIds } = await redis!.likers(postId, cursor, LIKERS)
    for (const session of sessionIds) if (hashOf(session) % parts === part) found.add(session)
    if (next === '0') return found
    cursor = next
  }
}

/** Removes those that like the post in Postgres. */
async function dropLikers(
  postgres: PostgresPort,
  postId: string,
  sessions: Set<string>,
  signal?: AbortSignal,
): Promise<void> {
  for (let last: Pair = { postId, sessionId: '' }; sessions.size > 0; ) {
    signal?.throwIfAborted()
    const page: PairOp[] = await postgres.ratings(last, RATINGS)
    for (const like of page) if (like.postId === postId) sessions.delete(like.sessionId)
    if (page.length < RATINGS || page.at(-1)!.postId !== postId) return
    last = page.at(-1)!
  }
}

/** How many `post:liked` has, of each post. @throws StoreUnavailable */
export async function sizesOf({ redis }: Context, postIds: string[]): Promise<Map<string, number>> {
  const sizes = new Map<string, number>()
  for (const slice of slicesOf(postIds, PAIRS)) {
    const found = await redis!.sizes(slice)
    for (const [i, postId] of slice.entries()) sizes.set(postId, found[i]!)
  }
  return sizes
}

/** Rows by hand may have sessions that no key of Redis can hold. */
export const isMirrored = ({ sessionId }: Pair): boolean => isSessionId(sessionId)

/** FNV-1a, to split sessions into parts of about one size. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

export function* slicesOf<T>(items: T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size)
}

/** What belongs to each partition, in the order that it comes in. */
export function byContext<T extends { postId: string }>(
  contextOf: (postId: string) => Context,
  items: T[],
): Map<Context, T[]> {
  const groups = new Map<Context, T[]>()
  for (const item of items) {
    const ctx = contextOf(item.postId)
    const group = groups.get(ctx)
    if (group) group.push(item)
    else groups.set(ctx, [item])
  }
  return groups
}
