import type { Redis } from 'ioredis'
import type { BulkOptions } from '../core/bulk'
import type { Onecount } from '../core/onecount'
import type { PostSummary } from '../core/ports'
import { type CompareOptions, compare, type Found, isDifferent } from './compare'

/** A post on which the stores do not agree, although nothing of it is on its way. */
export interface Difference {
  postId: string
  redisCount: number | null
  /** Null: Postgres has no such post. */
  postgresCount: number | null
  /** Sessions that only one of the stores has, 1,000 at most of each. */
  onlyRedis: string[]
  onlyPostgres: string[]
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
export const SESSIONS_LISTED = 1000

/**
 * Compares posts: the count they had before their likes were rows, and who likes them; both do not depend on when each
 * store is read. Reads pages of bounded size from both stores and writes nothing but what is pending.
 * @throws StoreUnavailable, and the reason of `signal`
 */
export async function verifyAll(
  onecount: Onecount,
  redis: Redis,
  options: VerifyOptions = {},
): Promise<Verified> {
  const { onPage, pages, ...bulk } = options
  const done: Verified = { posts: 0, differences: 0, cold: 0 }
  for await (const page of pages ?? onecount.pages(bulk)) {
    const ids = page.map(post => post.postId)
    const { differences, cold } = await comparePage(onecount, redis, ids, options)
    for (const difference of differences) await options.onDifference?.(toDifference(difference))
    done.posts += page.length
    done.differences += differences.length
    done.cold += cold
    if (page.length > 0) onPage?.({ ...done, last: ids.at(-1)! })
  }
  return done
}

async function comparePage(
  onecount: Onecount,
  redis: Redis,
  postIds: string[],
  options: VerifyOptions,
): Promise<{ differences: Found[]; cold: number }> {
  options.signal?.throwIfAborted()
  const { differences, cold } = await compare(onecount, redis, postIds, options)
  let found = differences
  for (let attempt = 1; attempt < ATTEMPTS && found.length > 0; attempt++) {
    options.signal?.throwIfAborted()
    await onecount.drainOnce()
    const ids = found.map(post => post.postId)
    found = stillDifferent(found, (await compare(onecount, redis, ids, options)).differences)
  }
  return { differences: found, cold }
}

const toDifference = ({ postId, redisCount, postgresCount, onlyRedis, onlyPostgres }: Found): Difference => ({
  postId,
  redisCount,
  postgresCount,
  onlyRedis: [...onlyRedis].slice(0, SESSIONS_LISTED),
  onlyPostgres: [...onlyPostgres].slice(0, SESSIONS_LISTED),
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
