import type { Intent, Refusal } from './outbox'
import { contradict, type LikesEntry } from './registers'
import { LikesRefused } from './transport'

/**
 * `exact`: as the server has it. `saving`: one's own press is on its way. `retrying`: it could not be saved yet.
 * `lagging`: Postgres has answered instead of Redis, which may have more, or Redis without Postgres, which alone knows what
 * some ops change. `last-known`: the server cannot say more than
 * was heard before. `unknown`: no count was ever heard.
 */
export type LikesStatus = 'exact' | 'saving' | 'retrying' | 'lagging' | 'last-known' | 'unknown'

/** What a view shows of a post's likes. */
export interface ShownLikes {
  /** `null` is unknown: a dash, never 0; or of a private kind: no number at all. */
  count: number | null
  /** The kind is private: there is no count to show. */
  private?: boolean
  /** Whether the heart is filled. */
  liked: boolean
  /** What the count is worth. */
  status: LikesStatus
  /** When the count was heard, milliseconds since 1970. */
  knownAt?: number
  /** Why the last press was refused. */
  error?: Refusal
}

/** What {@link shownLikes} needs to know beside registers and intent. */
export interface ShownOptions {
  /**
   * Why the last press was refused.
   * @default none
   */
  error?: Refusal
  /**
   * Whether the server could not be asked: {@link isUnreachable}.
   * @default false
   */
  unreachable?: boolean
}

/** What is used of the state of a query. */
export interface QueryOutcome {
  /** Of the last fetch. */
  error: Error | null
}

/**
 * What a person sees: the registers with the person's intent laid over them. The intent counts only where it differs
 * from the liked that the registers hold, so it stops counting in the moment in which they hold it themselves. Pure.
 * @example
 * const { count, liked, status } = shownLikes(queryClient.getQueryData(likesKey(postId)), undefined)
 */
export function shownLikes(
  entry: LikesEntry | undefined,
  intent: Intent | undefined,
  { error, unreachable = false }: ShownOptions = {},
): ShownLikes {
  // Two registers that contradict each other: which of them is true the next answer will tell.
  const known = entry && !contradict(entry) ? entry.count : null
  const was = entry?.liked ?? false
  const liked = intent?.liked ?? was
  const count = known === null ? null : Math.max(0, known + Number(liked) - Number(was))
  const isPrivate = entry?.private
  return {
    count: isPrivate ? null : count,
    liked,
    status: status(),
    knownAt: entry?.countAt || undefined,
    error,
    private: isPrivate,
  }

  function status(): LikesStatus {
    if (intent) return intent.phase
    if (known === null) return 'unknown'
    if (unreachable || entry?.source === 'last-known') return 'last-known'
    return entry?.source === 'postgres' || entry?.source === 'lagging' ? 'lagging' : 'exact'
  }
}

/** Whether the last press is not saved yet. */
export const isPending = ({ status }: ShownLikes): boolean => status === 'saving' || status === 'retrying'

/**
 * Whether the server could not be asked about a post: what is known of it is what was heard before.
 * @example
 * isUnreachable({ error: new LikesUnreachable('no answer') }) // true
 */
export const isUnreachable = ({ error }: QueryOutcome): boolean => error !== null && !isGone(error)

/** The server has answered that there is no such post. */
export const isGone = (error: Error | null): boolean =>
  error instanceof LikesRefused && error.code === 'post_not_found'

/** Whether nothing is left to ask: an event may have brought a count; the heart comes with a read alone. */
export const isComplete = (entry: LikesEntry | undefined): boolean =>
  shownLikes(entry, undefined).status === 'exact' && entry?.liked !== null
