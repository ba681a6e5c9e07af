import { DEFAULT_KIND } from '../core/kind'
import { idsOf } from '../core/kind-ids'
import { unknown } from '../core/read'
import type { LikeState, Source } from '../core/types'
import type { LikesService } from './ports'
import { sessionTag } from './session-tag'

/** A post's likes as a page renders them, and as `useLikes(postId, seed)` and `renderOneCount` take them. */
export interface PageLikes extends Omit<LikeState, 'source'> {
  /** Absent: no Redis is configured, and what Postgres says is exact. */
  source?: Source
  /**
   * Names whose heart it is, so that a page in a cache is never taken for another session's, and a press that was kept
   * for it is shown. Absent where no hearts are shown; `none` then of a private kind.
   */
  session?: string
}

/**
 * The likes of this moment as a session sees them. What cannot be read is unknown, never 0.
 *
 * @throws what `service` throws; a read of the engine never does
 */
export async function readPageLikes(
  { read, hasRedis, kind = DEFAULT_KIND }: Pick<LikesService, 'read' | 'hasRedis' | 'kind'>,
  ids: readonly string[],
  sessionId: string | null,
): Promise<Map<string, PageLikes>> {
  // A kind whose actors have other ids has no anonymous sessions.
  const known = idsOf(kind).isSessionId(sessionId) ? sessionId : null
  const states = await read([...ids], known)
  const session = known !== null || kind.isPrivate ? sessionTag(known) : undefined
  if (hasRedis && !session) return states
  const rendered = (state: LikeState) => ({
    ...(hasRedis ? state : exact(state)),
    ...(session && { session }),
  })
  return new Map([...states].map(([id, state]) => [id, rendered(state)]))
}

/** Posts of which nothing could be read. */
export const unknownLikes = (ids: readonly string[]): Map<string, PageLikes> =>
  new Map(ids.map(id => [id, unknown(id)]))

const exact = (state: LikeState): PageLikes =>
  state.source === 'postgres' ? { ...state, source: undefined } : state
