import type { BulkOptions } from '../core/bulk'
import type { Onecount } from '../core/onecount'
import type { PostSummary } from '../core/ports'
import { type CompareOptions, compare } from './compare'
import { type Found, isDifferent, type WrongKey, type WrongPair } from './found'

/** A post on which the stores do not agree, although nothing of it is on its way. */
export interface Difference {
  postId: string
  redisCount: number | null
  /** Null: Postgres has no such post. */
  postgresCount: number | null
  /** Sessions that only one of the stores has, 1,000 at most together. */
  onlyRedis: string[]
  onlyPostgres: string[]
  /** Keys that differ, by the beginning of their names. */
  keys: WrongKey[]
}

export interface VerifyOptions extends Omit<BulkOptions, 'onPage'>, CompareOptions {
  /** Instead of every post. */
  pages?: AsyncIterable<Pick<PostSummary, 'postId'>[]>
  onDifference?(difference: Difference): void | Promise<void>
  /** Called after every page. */
  onPage?(done: Verified & { last: string }): void
}

export interface Verified {
  posts: number
  differences: number
  /** Posts that Redis does not hold at the moment. */
  cold: number
}

/** Likes flow meanwhile: what differs is compared again after a drain, and only what differs every time counts. */
const ATTEMPTS = 5

/**
 * Compares posts: their numbers at the cut that both stores have, the mirrors that other programs read, and who likes
 * them. Reads pages of bounded size from both stores and writes nothing but what is pending.
 * @throws StoreUnavailable, and the reason of `signal`
 */
export async function verifyAll(onecount: Onecount, options: VerifyOptions = {}): Promise<Verified> {
  const { onPage, pages, ...bulk } = options
  const done: Verified = { posts: 0, differences: 0, cold: 0 }
  for await (const page of pages ?? onecount.pages(bulk)) {
    const ids = page.map(post => post.postId)
    const { differences, cold } = await compareAgain(onecount, ids, options)
    for (const difference of differences) await options.onDifference?.(toDifference(difference))
    done.posts += page.length
    done.differences += differences.length
    done.cold += cold
    if (page.length > 0) onPage?.({ ...done, last: ids.at(-1)! })
  }
  return done
}

/** What differs each time. `postIds` are in order. @throws as verifyAll */
export async function compareAgain(
  onecount: Onecount,
  postIds: string[],
  options: CompareOptions = {},
): Promise<{ differences: Found[]; cold: number }> {
  options.signal?.throwIfAborted()
  const { differences, cold } = await compare(onecount, postIds, options)
  let found = differences
  for (let attempt = 1; attempt < ATTEMPTS && found.length > 0; attempt++) {
    options.signal?.throwIfAborted()
    await onecount.drainer.flush()
    const earlier = new Map(found.map(post => [post.postId, post]))
    const ids = postIds.filter(id => earlier.has(id))
    found = stillDifferent(found, (await compare(onecount, ids, { ...options, earlier })).differences)
  }
  return { differences: found, cold }
}

function toDifference({ postId, redisCount, postgresCount, keys, pairs }: Found): Difference {
  const sessions = (liked: boolean) => [...pairs].filter(([, pair]) => pair.liked === liked).map(([id]) => id)
  const wrong = [...keys, ...[...pairs.values()].flatMap(pair => pair.keys)]
  return {
    postId,
    redisCount,
    postgresCount,
    onlyRedis: sessions(true),
    onlyPostgres: sessions(false),
    keys: [...new Set(wrong)].sort(),
  }
}

/** What differed before, and differs in the same way again. */
function stillDifferent(before: Found[], now: Found[]): Found[] {
  const earlier = new Map(before.map(found => [found.postId, found]))
  return now
    .map(found => {
      const { keys, pairs } = earlier.get(found.postId)!
      const same = [...found.pairs].flatMap(([session, pair]) => {
        const again = pair.keys.filter(
          key => isAlike(pairs.get(session), pair) && pairs.get(session)!.keys.includes(key),
        )
        return again.length > 0 ? [[session, { ...pair, keys: again }] as const] : []
      })
      return { ...found, keys: found.keys.filter(key => keys.includes(key)), pairs: new Map(same) }
    })
    .filter(isDifferent)
}

const isAlike = (one: WrongPair | undefined, other: WrongPair) => one?.liked === other.liked
