import type { Redis } from 'ioredis'
import type { Onecount } from '../core/onecount'
import type { Snapshot } from '../core/ports'
import type { ToForget } from './connect'

/** What one round of comparing found; some of it may be on its way. */
export interface Found {
  postId: string
  redisCount: number | null
  /** Null: Postgres has no such post, and Redis has keys of it. */
  postgresCount: number | null
  /** The counts differ by more than the likes that only one store has. */
  hasOtherBase: boolean
  onlyRedis: Set<string>
  onlyPostgres: Set<string>
}

/** Sessions that are looked up in one round trip. */
const AT_ONCE = 1000

/** Whether anything is left that differs. */
export const isDifferent = ({ hasOtherBase, onlyRedis, onlyPostgres }: Found) =>
  hasOtherBase || onlyRedis.size + onlyPostgres.size > 0

export interface CompareOptions {
  /** A post that Redis does not hold is hydrated by its next reader; after a migration it must be there. */
  coldIsDifferent?: boolean
  /** Posts that Redis is about to forget; without it they may count as different. */
  toForget?: ToForget
}

/** One round of comparing: what is on its way, either way, is left out. @throws StoreUnavailable */
export async function compare(
  onecount: Onecount,
  redis: Redis,
  postIds: string[],
  { coldIsDifferent = false, toForget = async () => new Set<string>() }: CompareOptions = {},
): Promise<{ differences: Found[]; cold: number }> {
  const { keys, postgres } = onecount.stores
  const [snapshots, counts] = await Promise.all([
    postgres.snapshot(postIds),
    warmCounts(onecount, redis, postIds),
  ])
  const isWarm = ({ postId }: Snapshot) => counts.get(postId) !== null
  const compared = await Promise.all(
    snapshots
      .filter(snapshot => coldIsDifferent || isWarm(snapshot))
      .map(async snapshot => {
        const members = await membersOf(redis, keys.liked(snapshot.postId))
        return compareOne(snapshot, counts.get(snapshot.postId) ?? null, members)
      }),
  )
  const known = new Set(snapshots.map(({ postId }) => postId))
  const gone = postIds.filter(id => !known.has(id))
  const differences = [...compared, ...(await leftOver(onecount, redis, gone))].filter(isDifferent)
  for (const found of differences) await dropPending(redis, keys.q, found)
  const left = differences.filter(isDifferent)
  const onTheirWay = left.length > 0 ? await toForget(left.map(({ postId }) => postId)) : new Set<string>()
  return {
    differences: left.filter(({ postId }) => !onTheirWay.has(postId)),
    cold: snapshots.length - snapshots.filter(isWarm).length,
  }
}

/** Whether Redis has keys of these posts. One round trip. */
export async function inRedis(
  { stores: { keys } }: Onecount,
  redis: Redis,
  postIds: string[],
): Promise<Set<string>> {
  if (postIds.length === 0) return new Set()
  const pipeline = redis.pipeline()
  for (const id of postIds) pipeline.exists(keys.likes(id), keys.liked(id), keys.meta(id))
  const replies = await pipeline.exec()
  return new Set(postIds.filter((_, i) => Number(replies?.[i]?.[1]) > 0))
}

/** What Redis still holds of posts that Postgres does not have. */
async function leftOver(onecount: Onecount, redis: Redis, gone: string[]): Promise<Found[]> {
  const { keys } = onecount.stores
  return Promise.all(
    [...(await inRedis(onecount, redis, gone))].map(async postId => {
      const [count, onlyRedis] = await Promise.all([
        redis.get(keys.likes(postId)),
        membersOf(redis, keys.liked(postId)),
      ])
      return {
        postId,
        redisCount: count === null ? null : Number(count),
        postgresCount: null,
        hasOtherBase: true,
        onlyRedis,
        onlyPostgres: new Set<string>(),
      }
    }),
  )
}

interface Warm {
  count: number
  base: number
}

/** What Redis shows of the posts that are warm; null for the others. Two round trips. */
async function warmCounts(
  onecount: Onecount,
  redis: Redis,
  postIds: string[],
): Promise<Map<string, Warm | null>> {
  if (postIds.length === 0) return new Map()
  const { keys } = onecount.stores
  const reply = (await onecount.stores.redis!.run(
    'read',
    [keys.q, keys.recent, ...postIds.map(keys.likes), ...postIds.map(keys.meta), ...postIds.map(keys.liked)],
    ['', ...postIds],
  )) as string[]
  const metas = await redis.mget(postIds.map(keys.meta))
  const parts = reply.length / postIds.length
  return new Map(
    postIds.map((id, i) => {
      const [count, base] = [reply[parts * i]!, metas[i]?.split('|')[1]]
      return [id, count === '' || base === undefined ? null : { count: Number(count), base: Number(base) }]
    }),
  )
}

/** Sessions that are unseen have an op of Postgres on its way to Redis. */
function compareOne(snapshot: Snapshot, warm: Warm | null, members: Set<string>): Found {
  const rated = new Set(snapshot.ratings.map(rating => rating.sessionId))
  const unseen = new Set(snapshot.unseen.map(({ sessionId }) => sessionId))
  return {
    postId: snapshot.postId,
    redisCount: warm?.count ?? null,
    postgresCount: snapshot.likes,
    hasOtherBase: warm?.base !== snapshot.likes - rated.size,
    onlyRedis: new Set([...members].filter(session => !rated.has(session) && !unseen.has(session))),
    onlyPostgres: new Set([...rated].filter(session => !members.has(session) && !unseen.has(session))),
  }
}

/** Sessions of which an op is on its way to Postgres do not differ. */
async function dropPending(redis: Redis, q: string, found: Found): Promise<void> {
  for (const sessions of [found.onlyRedis, found.onlyPostgres]) {
    const ids = [...sessions]
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const chunk = ids.slice(at, at + AT_ONCE)
      const pipeline = redis.pipeline()
      for (const id of chunk) {
        const pair = `${found.postId}|${id}`
        pipeline.zlexcount(q, `[${pair}|`, `(${pair}}`)
      }
      const replies = await pipeline.exec()
      for (const [i, id] of chunk.entries()) if (Number(replies?.[i]?.[1]) > 0) sessions.delete(id)
    }
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
