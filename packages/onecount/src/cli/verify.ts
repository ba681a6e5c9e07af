import type { Redis } from 'ioredis'
import type { BulkOptions } from '../core/bulk'
import type { Onecount } from '../core/onecount'
import type { Snapshot } from '../core/ports'

/** A post on which the stores do not agree, although nothing of it is pending. */
export interface Difference {
  postId: string
  redisCount: number | null
  postgresCount: number
  /** Sessions that only one of the stores has, ten at most of each. */
  onlyRedis: string[]
  onlyPostgres: string[]
}

/** Likes flow meanwhile: a post that differs is drained and compared again this often before it is a difference. */
const ATTEMPTS = 5

/**
 * Compares every post: its count, and who likes it. Reads pages of bounded size from both stores and writes nothing
 * but what is pending. @throws StoreUnavailable
 */
export async function verifyAll(
  onecount: Onecount,
  redis: Redis,
  options: BulkOptions & { onDifference?(difference: Difference): void } = {},
): Promise<{ posts: number; differences: number }> {
  let posts = 0
  let differences = 0
  let ratings = 0
  for await (const page of onecount.pages(options)) {
    let left = page.map(post => post.postId)
    let found: Difference[] = []
    for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt++) {
      if (attempt > 0) await onecount.drainOnce()
      found = await compare(onecount, redis, left)
      left = found.map(difference => difference.postId)
    }
    for (const difference of found) options.onDifference?.(difference)
    posts += page.length
    differences += found.length
    ratings += page.reduce((sum, post) => sum + post.ratings, 0)
    options.onPage?.({ posts, ratings, last: page.at(-1)!.postId })
  }
  return { posts, differences }
}

async function compare(onecount: Onecount, redis: Redis, postIds: string[]): Promise<Difference[]> {
  const { keys, postgres } = onecount.stores
  const [snapshots, counts] = await Promise.all([
    postgres.snapshot(postIds),
    redis.mget(postIds.map(keys.likes)),
  ])
  const countOf = new Map(postIds.map((id, i) => [id, counts[i] ?? null]))
  const compared = await Promise.all(
    snapshots.map(async snapshot => {
      const members = await membersOf(redis, keys.liked(snapshot.postId))
      return difference(snapshot, countOf.get(snapshot.postId) ?? null, members)
    }),
  )
  return compared.filter(found => found !== null)
}

function difference(snapshot: Snapshot, count: string | null, members: Set<string>): Difference | null {
  const rated = new Set(snapshot.ratings.map(rating => rating.sessionId))
  const redisCount = count === null ? null : Number(count)
  const onlyRedis = [...members].filter(session => !rated.has(session))
  const onlyPostgres = [...rated].filter(session => !members.has(session))
  if (redisCount === snapshot.likes && onlyRedis.length + onlyPostgres.length === 0) return null
  return {
    postId: snapshot.postId,
    redisCount,
    postgresCount: snapshot.likes,
    onlyRedis: onlyRedis.slice(0, 10),
    onlyPostgres: onlyPostgres.slice(0, 10),
  }
}

/** In steps, so that a set of a million does not stop Redis for everybody else. */
async function membersOf(redis: Redis, key: string): Promise<Set<string>> {
  const members = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = await redis.sscan(key, cursor, 'COUNT', 1000)
    for (const member of found) members.add(member)
    cursor = next
  } while (cursor !== '0')
  return members
}
