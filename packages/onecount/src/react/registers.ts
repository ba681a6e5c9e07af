import type { Source } from '../core/types'
import { DEFAULT_KIND } from './kind'
import { isNatural, isOfAnother, isRev } from './numbers'

/** What the query key of every post begins with: in an application's own cache, it collides with none of its keys. */
export const ALL_LIKES = ['onecount'] as const

/**
 * The one query key of a post's likes, `['onecount', postId]`, and its kind if it is another. No other holds a count.
 * @example
 * queryClient.getQueryData(likesKey(postId))
 */
export const likesKey = (postId: string, kind = DEFAULT_KIND): readonly string[] =>
  kind === DEFAULT_KIND ? [...ALL_LIKES, postId] : [...ALL_LIKES, postId, kind]

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
  /** Of a private kind: `count` is the session's own, 1 or 0. */
  private?: boolean
  /**
   * Names the session whose heart it is; absent: not known. A page's payload without it may show, until the first answer,
   * a press that the person before has kept in this browser.
   */
  session?: string
  /** It may have waited in a cache, as a page's payload may: then it never wins by the age of a register. */
  cached?: boolean
}

/** What is known of a post's likes: two registers, each with its own revision and the time it was heard. */
export interface LikesEntry {
  /** `null`: not known. */
  count: number | null
  /** The revision that it has. */
  countRev: number
  /** Milliseconds since 1970, not later than the value was true; 0 for never. */
  countAt: number
  /** `null`: not known. */
  liked: boolean | null
  /** The revision that it has. */
  likedRev: number
  /** As `countAt`. */
  likedAt: number
  /** The session's newest op known here, 0 for none. */
  op: number
  /** What the count is worth. */
  source: Source
  /** Of a private kind: `count` is no number to show. */
  private?: boolean
  /** Names the session whose heart this is; absent: not known. */
  session?: string
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
 * Merges an input into what is known; `at`: when the request was sent, or when an unsolicited event arrived (ms since
 * 1970). A register takes a value whose revision is not older than its own. One shared revision would let another
 * person's event hide one's own newer liked. What was known of another session counts for nothing. Numbers that are not
 * whole, safe and natural are refused.
 * Pure; answers the same object when nothing changed.
 * @example
 * const entry = mergeLikes(undefined, { count: 447, liked: true, rev: 1795466338345000 }, Date.now())
 */
export function mergeLikes(entry: LikesEntry | undefined, input: LikeInput, at: number): LikesEntry {
  const known = entry && !isOfAnother(input, entry) ? entry : EMPTY_ENTRY
  const next = { ...known }
  if (!isRev(input.rev)) return known
  if (
    isNatural(input.count) &&
    !isNoBetter(input, known) &&
    takes(input, known.countRev, known.countAt, at)
  ) {
    next.count = input.count
    next.countRev = input.rev
    next.countAt = Math.max(known.countAt, at)
    next.source = input.source ?? known.source
  } else if (!isNatural(input.count) && !input.cached) {
    next.source = known.count === null ? 'unknown' : 'last-known'
  }
  if (typeof input.liked === 'boolean' && takes(input, known.likedRev, known.likedAt, at)) {
    next.liked = input.liked
    next.likedRev = input.rev
    next.likedAt = Math.max(known.likedAt, at)
  }
  if (isNatural(input.op)) next.op = Math.max(known.op, input.op)
  if (input.private) next.private = true
  if (input.session) next.session = input.session
  return entry && same(next, entry) ? entry : next
}

/** A liked post has at least one like: a count and a heart that cannot both be true. */
export const contradict = ({ count, liked }: { count: number | null; liked: boolean | null }): boolean =>
  count === 0 && liked === true

function takes({ rev, cached }: LikeInput, knownRev: number, knownAt: number, at: number): boolean {
  return rev >= knownRev || (!cached && at - knownAt > REGISTER_TTL_MS)
}

/**
 * What Redis says while it does not know its ops tells nothing of a revision whose exact count is known: what
 * makes the count inexact makes a new revision too.
 */
const isNoBetter = ({ source, rev }: LikeInput, known: LikesEntry): boolean =>
  source === 'lagging' && known.source === 'redis' && known.count !== null && rev === known.countRev

const same = (a: LikesEntry, b: LikesEntry): boolean =>
  (Object.keys(a) as (keyof LikesEntry)[]).every(key => a[key] === b[key])
