import type { Context } from '../core/context'
import { partitionOf } from '../core/keys'
import { byContext, isMirrored, lookAtPairs, type PairInRedis, sizesOf, strangersOf } from '../core/mirrors'
import type { Onecount } from '../core/onecount'
import { isLikedOp } from '../core/op'
import type { PairOp } from '../core/ports'
import { compareNumbers, type Numbers } from './compare-numbers'
import type { ToForget } from './connect'
import { dropUnseen } from './unseen'

/** Keys of Redis that hold something else than Postgres, by the beginning of their names. */
export type WrongKey = 'post:meta' | 'post:likes' | 'session:ops' | 'session:likes' | 'post:liked'

/** A pair that differs. */
export interface WrongPair {
  /** Whether Redis likes it, where the stores differ; the contrary of Postgres. */
  liked: boolean
  keys: WrongKey[]
  /** What Redis goes by is right, and only a mirror is not. */
  isMirrorOnly: boolean
}

/** What one round of comparing found; some of it may be on its way. */
export interface Found {
  postId: string
  redisCount: number | null
  /** Null: Postgres has no such post, and Redis has keys of it. */
  postgresCount: number | null
  keys: WrongKey[]
  /** By session; of a post with more of them, the first ones. */
  pairs: Map<string, WrongPair>
}

/** Pairs that are kept of a post. */
export const PAIRS_KEPT = 1000
/** Likes read in one call. */
const RATINGS = 1000

export const isDifferent = ({ keys, pairs }: Found) => keys.length + pairs.size > 0

export interface CompareOptions {
  /** A post that Redis does not hold is hydrated by its next reader; after a migration it must be there. */
  coldIsDifferent?: boolean
  /** Posts that Redis is about to forget; without it they may count as different. */
  toForget?: ToForget
  signal?: AbortSignal
}

export const contextOf = ({ stores }: Onecount, postId: string): Context =>
  stores.partitions[partitionOf(postId, stores.partitions.length)]!

/**
 * One round of comparing: what is on its way, either way, is left out. `postIds` are in order. Neither store is asked for
 * more than a page at once. @throws StoreUnavailable
 */
export async function compare(
  onecount: Onecount,
  postIds: string[],
  { coldIsDifferent = false, toForget = async () => new Set<string>(), signal }: CompareOptions = {},
): Promise<{ differences: Found[]; cold: number }> {
  const numbers = await compareNumbers(onecount, postIds)
  const compared = postIds.filter(id => {
    const of = numbers.get(id)
    return of && (coldIsDifferent || !of.isCold)
  })
  const found = new Map(compared.map(id => [id, toFound(id, numbers.get(id)!, coldIsDifferent)]))
  await comparePairs(onecount, found, signal)
  for (const one of await leftOver(
    onecount,
    postIds.filter(id => !numbers.has(id)),
  ))
    found.set(one.postId, one)

  const differences = [...found.values()].filter(isDifferent)
  await dropUnseen(onecount, differences)
  const left = differences.filter(isDifferent)
  const forgotten = left.length > 0 ? await toForget(left.map(({ postId }) => postId)) : new Set<string>()
  return {
    differences: left.filter(({ postId }) => !forgotten.has(postId)),
    cold: [...numbers.values()].filter(({ isCold }) => isCold).length,
  }
}

function toFound(
  postId: string,
  { isCold, shown, isWrong, isMirrorWrong, likes }: Numbers,
  mustBeWarm: boolean,
): Found {
  const keys: WrongKey[] = []
  if (isWrong || (isCold && mustBeWarm)) keys.push('post:meta')
  if (isMirrorWrong) keys.push('post:likes')
  return { postId, redisCount: shown, postgresCount: likes, keys, pairs: new Map() }
}

/** Who likes the posts: what Postgres has is looked up in Redis, and the other way round where Redis has more. */
async function comparePairs(
  onecount: Onecount,
  found: Map<string, Found>,
  signal?: AbortSignal,
): Promise<void> {
  const of = (postId: string) => contextOf(onecount, postId)
  const sizes = new Map<string, number>()
  const posts = [...found.keys()].map(postId => ({ postId }))
  for (const [ctx, group] of byContext(of, posts)) {
    if (!ctx.settings.likers) continue
    for (const [id, size] of await sizesOf(
      ctx,
      group.map(({ postId }) => postId),
    ))
      sizes.set(id, size)
  }
  const matched = new Map<string, number>()
  for await (const likes of likesOf(onecount, [...found.keys()], signal)) {
    for (const [ctx, group] of byContext(of, likes)) {
      const held = await lookAtPairs(ctx, group)
      for (const [i, like] of group.entries()) {
        note(found.get(like.postId)!, ctx, like.sessionId, true, held[i]!)
        if (held[i]!.inPost) matched.set(like.postId, (matched.get(like.postId) ?? 0) + 1)
      }
    }
  }
  for (const [postId, size] of sizes) {
    if (size <= (matched.get(postId) ?? 0)) continue
    const ctx = of(postId)
    for await (const sessions of strangersOf(ctx, postId, signal)) {
      const pairs = [...sessions].slice(0, PAIRS_KEPT).map(sessionId => ({ postId, sessionId }))
      const held = await lookAtPairs(ctx, pairs)
      for (const [i, pair] of pairs.entries()) note(found.get(postId)!, ctx, pair.sessionId, false, held[i]!)
    }
  }
}

/** Likes of the posts as Postgres has them, in pages; `postIds` are in order. */
async function* likesOf(
  { stores: { postgres } }: Onecount,
  postIds: string[],
  signal?: AbortSignal,
): AsyncGenerator<PairOp[]> {
  const wanted = new Set(postIds)
  let next = 0
  for (let last: Omit<PairOp, 'op'> | null = null; next < postIds.length; ) {
    signal?.throwIfAborted()
    const from: Omit<PairOp, 'op'> = last ?? { postId: postIds[next]!, sessionId: '' }
    const page: PairOp[] = await postgres.ratings(from, RATINGS)
    const likes = page.filter(like => wanted.has(like.postId) && isMirrored(like))
    if (likes.length > 0) yield likes
    const end = page.at(-1)
    if (!end || page.length < RATINGS) return
    while (next < postIds.length && postIds[next]! < end.postId) next++
    // Over those between two posts that are compared.
    last = postIds[next] === end.postId ? end : null
  }
}

/** Notes a pair that Redis holds otherwise than Postgres; one that is pending does not differ. */
function note({ pairs }: Found, ctx: Context, sessionId: string, liked: boolean, held: PairInRedis): void {
  if (held.pending > 0 || pairs.size >= PAIRS_KEPT) return
  const { likers } = ctx.settings
  const own = held.own === null ? null : isLikedOp(held.own)
  const keys: WrongKey[] = []
  if (own !== null && own !== liked) keys.push('session:ops')
  if (held.inSession !== liked) keys.push('session:likes')
  if (likers && held.inPost !== liked) keys.push('post:liked')
  if (keys.length === 0) return
  const shown = own ?? (likers ? held.inPost : held.inSession)
  pairs.set(sessionId, { liked: !liked, keys, isMirrorOnly: shown === liked })
}

/** Those of the posts of which Redis has keys, with the count that it has. @throws StoreUnavailable */
export async function inRedis(onecount: Onecount, postIds: string[]): Promise<Map<string, number | null>> {
  const held = new Map<string, number | null>()
  const posts = postIds.map(postId => ({ postId }))
  for (const [ctx, group] of byContext(id => contextOf(onecount, id), posts)) {
    const { redis, keys } = ctx
    const ids = group.map(({ postId }) => postId)
    const [reply, sizes] = await Promise.all([
      redis!.run('read', [keys.q, keys.q, ...ids.map(keys.meta)], ['0']),
      sizesOf(ctx, ids),
    ])
    const [, , ...metas] = (reply as string).split(';')
    for (const [i, id] of ids.entries()) {
      const meta = metas[2 * i]!
      if (meta !== '' || sizes.get(id)! > 0) {
        const count = /^-?\d+/.exec(meta)?.[0]
        held.set(id, count === undefined ? null : Number(count))
      }
    }
  }
  return held
}

/** What Redis still holds of posts that Postgres does not have. */
async function leftOver(onecount: Onecount, gone: string[]): Promise<Found[]> {
  const found: Found[] = []
  for (const [postId, redisCount] of await inRedis(onecount, gone)) {
    const one: Found = { postId, redisCount, postgresCount: null, keys: ['post:meta'], pairs: new Map() }
    const ctx = contextOf(onecount, postId)
    for await (const sessions of strangersOf(ctx, postId)) {
      const pairs = [...sessions].slice(0, PAIRS_KEPT).map(sessionId => ({ postId, sessionId }))
      for (const [i, held] of (await lookAtPairs(ctx, pairs)).entries())
        note(one, ctx, pairs[i]!.sessionId, false, held)
    }
    found.push(one)
  }
  return found
}
