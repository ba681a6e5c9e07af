import { createKeys, type LikeState, OnecountError, type Source } from 'onecount'
import { onecount } from '@/app/utils/onecount'
import { isRedisConfigured } from './client'

export interface LikeResult {
  success: boolean
  /** Likes after the press; NaN when it is accepted but the count cannot be known right now, never 0 instead. */
  newCount: number
  isLiked: boolean
  /** What went wrong, for people; only without success. */
  error?: string
}

const keys = createKeys()

/** Names of the public Redis keys. */
export const counterKeys = {
  postLikes: keys.likes,
  postLiked: keys.liked,
  sessionLikes: keys.sessions,
}

/** Flips a session's like of a post. One round trip to Redis; through Postgres when Redis is away. Never throws. */
export async function toggleLike(postId: string, sessionId: string): Promise<LikeResult> {
  try {
    const state = await onecount.engine().toggle(normal(postId), sessionId)
    noteSource('toggleLike', state.source)
    return { success: true, newCount: state.count ?? Number.NaN, isLiked: state.liked ?? false }
  } catch (error) {
    noteError('toggleLike', error)
    const message = error instanceof OnecountError ? error.message : 'The like could not be saved: try again.'
    return { success: false, newCount: Number.NaN, isLiked: false, error: message }
  }
}

/** Likes of a post now; NaN when they are unknown or there is no such post. Never throws. */
export async function getLikeCount(postId: string): Promise<number> {
  return (await getLikeCounts([postId])).get(postId) ?? Number.NaN
}

/** Likes of many posts in one round trip (MGET); posts whose count is unknown are left out. Never throws. */
export function getLikeCounts(postIds: string[]): Promise<Map<string, number>> {
  return readEach('getLikeCounts', postIds, null, state => state.count)
}

/** Whether a session likes a post; false when it is unknown. Never throws. */
export async function isLikedBySession(postId: string, sessionId: string): Promise<boolean> {
  return (await getLikedStatuses([postId], sessionId)).get(postId) ?? false
}

/** Which of many posts a session likes, in one round trip; unknown ones are left out. Never throws. */
export function getLikedStatuses(postIds: string[], sessionId: string): Promise<Map<string, boolean>> {
  return readEach('getLikedStatuses', postIds, sessionId, state => state.liked)
}

/**
 * Builds a post's counter in Redis anew from Postgres plus what is not there yet; its count, or NaN when it is
 * unknown. Never throws.
 */
export async function syncCounterFromDB(postId: string): Promise<number> {
  try {
    return (await onecount.engine().rehydrate(normal(postId))) ?? Number.NaN
  } catch (error) {
    noteError('syncCounterFromDB', error)
    return getLikeCount(postId)
  }
}

/** Brings every post's counter into Redis, in pages. Does nothing without Redis. Never throws. */
export async function initializeCountersFromDB(): Promise<void> {
  try {
    const engine = onecount.engine()
    if (engine.stores.redis) await engine.hydrateAll()
  } catch (error) {
    noteError('initializeCountersFromDB', error)
  }
}

async function readEach<T>(
  name: string,
  postIds: string[],
  sessionId: string | null,
  pick: (state: LikeState) => T | null,
): Promise<Map<string, T>> {
  const found = new Map<string, T>()
  try {
    const states = await onecount.engine().read(postIds.map(normal), sessionId)
    for (const postId of postIds) {
      const state = states.get(normal(postId))
      const value = state && pick(state)
      if (value !== null && value !== undefined) found.set(postId, value)
      if (state) noteSource(name, state.source)
    }
  } catch (error) {
    noteError(name, error)
  }
  return found
}

/** Ids are UUIDs in lower case, as Postgres writes them. */
const normal = (postId: string): string => postId.toLowerCase()

const QUIET_MS = 10_000
let notedAt = Number.NEGATIVE_INFINITY

/** Says once in a while that Redis does not answer; the answers themselves say it every time, in `source`. */
function noteSource(name: string, source: Source): void {
  if (!isRedisConfigured || source === 'redis' || performance.now() - notedAt < QUIET_MS) return
  notedAt = performance.now()
  console.warn(`[RedisCounter] ${name}: ${WORDS[source]}`)
}

const WORDS: Record<Source, string> = {
  redis: 'exact',
  lagging: 'a count may be off until the next drain, Postgres is unavailable',
  postgres: 'Redis is unavailable, Postgres answered',
  'last-known': 'a count is the last known one',
  unknown: 'a count is unknown, Postgres is unavailable',
}

function noteError(name: string, error: unknown): void {
  console.error(`[RedisCounter] ${name}: ${error instanceof Error ? error.message : String(error)}`)
}
