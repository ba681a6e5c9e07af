import type { Source } from '../core/types'

/** Anything that says something about a post's likes: a server payload, an answer, an event, another tab. */
export interface LikeInput {
  /** Absent or null: says nothing about the count. */
  count?: number | null
  /** Absent or null: says nothing about liked. */
  liked?: boolean | null
  /** Revision of the post, microseconds; orders everything that is said of it. */
  rev: number
  /** The session's newest op that the speaker knows. */
  op?: number | null
  /** Whether Postgres holds that op; absent or null: not known. */
  durable?: boolean | null
  /** Absent: says nothing about what the count is worth. */
  source?: Source
  /** It may have waited in a cache, as a page's payload may: then it never wins by the age of a register. */
  cached?: boolean
}

/** What is known of a post's likes: two registers, each with its own revision and the time it was heard. */
export interface LikesEntry {
  count: number | null
  countRev: number
  /** Milliseconds since 1970, not later than the value was true; 0 for never. */
  countAt: number
  liked: boolean | null
  likedRev: number
  likedAt: number
  /** The session's newest op known here, 0 for none. */
  op: number
  source: Source
}

/**
 * After a failover a revision may be too high for a while. It is there to undo reordering, and nothing is reordered for
 * this long, milliseconds: a register that was heard this long before the input was asked for takes whatever comes.
 */
export const REGISTER_TTL_MS = 10_000

export const EMPTY_ENTRY: LikesEntry = {
  count: null,
  countRev: 0,
  countAt: 0,
  liked: null,
  likedRev: 0,
  likedAt: 0,
  op: 0,
  source: 'unknown',
}

/**
 * Merges what was heard at `at` (milliseconds since 1970; an answer: when it was asked for, as it may have been long on
 * its way) into what is known. A register takes a value whose revision is not older than its own. One shared revision would let another person's event hide one's own newer liked.
 * Pure; answers the same object when nothing changed.
 */
export function mergeLikes(entry: LikesEntry | undefined, input: LikeInput, at: number): LikesEntry {
  const known = entry ?? EMPTY_ENTRY
  const next = { ...known }
  if (isNumber(input.count) && takes(input, known.countRev, known.countAt, at)) {
    next.count = input.count
    next.countRev = input.rev
    next.countAt = Math.max(known.countAt, at)
    next.source = input.source ?? known.source
  } else if (!isNumber(input.count) && !input.cached) {
    next.source = known.count === null ? 'unknown' : 'last-known'
  }
  if (typeof input.liked === 'boolean' && takes(input, known.likedRev, known.likedAt, at)) {
    next.liked = input.liked
    next.likedRev = input.rev
    next.likedAt = Math.max(known.likedAt, at)
  }
  next.op = Math.max(known.op, input.op ?? 0)
  return entry && same(entry, next) ? entry : next
}

function takes({ rev, cached }: LikeInput, knownRev: number, knownAt: number, at: number): boolean {
  return rev >= knownRev || (!cached && at - knownAt > REGISTER_TTL_MS)
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const same = (a: LikesEntry, b: LikesEntry): boolean =>
  (Object.keys(a) as (keyof LikesEntry)[]).every(key => a[key] === b[key])
