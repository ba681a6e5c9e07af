import { byContext, lookAtPairs, sizesOf, strangersOf } from '../core/mirrors'
import type { Onecount } from '../core/onecount'
import { compareNumbers, type Numbers } from './compare-numbers'
import { comparePairs, compareThese, note } from './compare-pairs'
import { contextOf, type Found, isDifferent, PAIRS_KEPT, type WrongKey } from './found'
import { dropUnseen } from './unseen'

/** Those of the posts that Redis has yet to forget: they were removed, or their likes were set by hand. */
export type ToForget = (postIds: string[]) => Promise<Set<string>>

/** Pairs of a post that Postgres is asked for one by one. */
const PAIRS_ASKED = 100

export interface CompareOptions {
  /** A post that Redis does not hold is hydrated by its next reader; after a migration it must be there. */
  coldIsDifferent?: boolean
  /** What was found before, by post: of each that is in here, these pairs alone are compared. */
  earlier?: Map<string, Found>
  /** Posts that Redis is about to forget; without it they may count as different. */
  toForget?: ToForget
  /** Compares the counts alone, of posts that Postgres has: two round trips a partition, however many like them. */
  countsOnly?: boolean
  signal?: AbortSignal
}

/**
 * One round of comparing: what is on its way, either way, is left out. `postIds` are in order. Neither store is asked for
 * more than a page at once. @throws StoreUnavailable
 */
export async function compare(
  onecount: Onecount,
  postIds: string[],
  options: CompareOptions = {},
): Promise<{ differences: Found[]; cold: number }> {
  const { coldIsDifferent = false, toForget = async () => new Set<string>(), countsOnly = false } = options
  const numbers = await compareNumbers(onecount, postIds)
  const compared = postIds.filter(id => {
    const of = numbers.get(id)
    return of && (coldIsDifferent || !of.isCold)
  })
  const found = new Map(compared.map(id => [id, toFound(id, numbers.get(id)!, coldIsDifferent)]))
  if (!countsOnly) {
    await compareLikers(onecount, compared, found, options)
    const gone = postIds.filter(id => !numbers.has(id))
    for (const one of await leftOver(onecount, gone)) found.set(one.postId, one)
  }
  const differences = [...found.values()].filter(isDifferent)
  await dropUnseen(onecount, differences)
  const left = differences.filter(isDifferent)
  const forgotten = left.length > 0 ? await toForget(left.map(({ postId }) => postId)) : new Set<string>()
  return {
    differences: left.filter(({ postId }) => !forgotten.has(postId)),
    cold: [...numbers.values()].filter(({ isCold }) => isCold).length,
  }
}

/** Who likes the posts: of those with few pairs to look at again these alone. */
async function compareLikers(
  onecount: Onecount,
  postIds: string[],
  found: Map<string, Found>,
  { earlier, signal }: CompareOptions,
): Promise<void> {
  const isShort = (id: string) => (earlier?.get(id)?.pairs.size ?? Number.POSITIVE_INFINITY) <= PAIRS_ASKED
  const [short, long] = [postIds.filter(isShort), postIds.filter(id => !isShort(id))]
  for (const id of short) await compareThese(onecount, found.get(id)!, [...earlier!.get(id)!.pairs.keys()])
  await comparePairs(onecount, new Map(long.map(id => [id, found.get(id)!])), signal)
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

/** Those of the posts of which Redis has keys, with the count that it has. @throws StoreUnavailable */
export async function inRedis(onecount: Onecount, postIds: string[]): Promise<Map<string, number | null>> {
  const held = new Map<string, number | null>()
  const posts = postIds.map(postId => ({ postId }))
  for (const [ctx, group] of byContext(id => contextOf(onecount, id), posts)) {
    const ids = group.map(({ postId }) => postId)
    const [page, sizes] = await Promise.all([ctx.redis!.read(ids, null), sizesOf(ctx, ids)])
    for (const [i, id] of ids.entries()) {
      const numbers = page.numbers[i]!
      if (numbers !== '' || sizes.get(id)! > 0) {
        const count = /^-?\d+/.exec(numbers)?.[0]
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
