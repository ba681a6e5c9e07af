import type { Redis } from 'ioredis'
import type { BulkOptions } from '../core/bulk'
import type { Onecount } from '../core/onecount'
import type { PostSummary } from '../core/ports'
import { compare, type Found, isDifferent } from './compare'

/** A post on which the stores do not agree, although nothing of it is on its way. */
export interface Difference {
  postId: string
  redisCount: number | null
  postgresCount: number
  /** Sessions that only one of the stores has, 1,000 at most of each. */
  onlyRedis: string[]
  onlyPostgres: string[]
}

export interface VerifyOptions extends BulkOptions {
  /** Instead of every post. */
  pages?: AsyncIterable<Pick<PostSummary, 'postId' | 'ratings'>[]>
  /** A post that Redis does not hold is hydrated by its next reader; after a migration it must be there. */
  coldIsDifferent?: boolean
  onDifference?(difference: Difference): void | Promise<void>
}

export interface Verified {
  posts: number
  differences: number
  /** Posts that Redis does not hold at the moment. */
  cold: number
}

/** Likes flow meanwhile: what differs is compared again after a drain, and only what differs every time counts. */
const ATTEMPTS = 5
const LISTED = 1000

/**
 * Compares posts: the count they had before their likes were rows, and who likes them; both do not depend on when each
 * store is read. Reads pages of bounded size from both stores and writes nothing but what is pending.
 * @throws StoreUnavailable
 */
export async function verifyAll(
  onecount: Onecount,
  redis: Redis,
  options: VerifyOptions = {},
): Promise<Verified> {
  const done: Verified = { posts: 0, differences: 0, cold: 0 }
  let ratings = 0
  for await (const page of options.pages ?? onecount.pages(options)) {
    options.signal?.throwIfAborted()
    const coldIsDifferent = options.coldIsDifferent ?? false
    const first = await compare(
      onecount,
      redis,
      page.map(post => post.postId),
      coldIsDifferent,
    )
    let found = first.differences
    for (let attempt = 1; attempt < ATTEMPTS && found.length > 0; attempt++) {
      await onecount.drainOnce()
      const again = await compare(
        onecount,
        redis,
        found.map(post => post.postId),
        coldIsDifferent,
      )
      found = stillDifferent(found, again.differences)
    }
    for (const difference of found) await options.onDifference?.(toDifference(difference))
    done.posts += page.length
    done.differences += found.length
    done.cold += first.cold
    ratings += page.reduce((sum, post) => sum + post.ratings, 0)
    if (page.length > 0) options.onPage?.({ posts: done.posts, ratings, last: page.at(-1)!.postId })
  }
  return done
}

const toDifference = ({ postId, redisCount, postgresCount, onlyRedis, onlyPostgres }: Found): Difference => ({
  postId,
  redisCount,
  postgresCount,
  onlyRedis: [...onlyRedis].slice(0, LISTED),
  onlyPostgres: [...onlyPostgres].slice(0, LISTED),
})

/** What differed before, and differs in the same way again. */
function stillDifferent(before: Found[], now: Found[]): Found[] {
  const earlier = new Map(before.map(found => [found.postId, found]))
  const both = (one: Set<string>, other: Set<string>) => new Set([...one].filter(id => other.has(id)))
  return now
    .map(found => ({
      ...found,
      hasOtherBase: found.hasOtherBase && earlier.get(found.postId)!.hasOtherBase,
      onlyRedis: both(found.onlyRedis, earlier.get(found.postId)!.onlyRedis),
      onlyPostgres: both(found.onlyPostgres, earlier.get(found.postId)!.onlyPostgres),
    }))
    .filter(isDifferent)
}
