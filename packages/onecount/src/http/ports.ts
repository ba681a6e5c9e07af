import type { LikeState, WriteState } from '../core/types'

/** What `GET /health` answers. A `null` is a number that could not be learned. */
export interface Health {
  /** `degraded`: likes are served, but not by every store. `down`: they are not. */
  status: 'ok' | 'degraded' | 'down'
  redis: 'up' | 'down' | 'off'
  postgres: 'up' | 'down'
  /** Ops that Redis has accepted and Postgres has not confirmed. */
  pending: number | null
  /** Age of the oldest of them, milliseconds. */
  oldestPendingMs: number | null
  /** Ops that Postgres has accepted and Redis has not seen. */
  unseen: number | null
  /** ISO 8601. */
  lastDrainAt: string | null
}

/** The part of the engine that HTTP needs. */
export interface LikesService {
  /**
   * Makes the post liked by the session or not. Any integer is taken as `op`; one that cannot be trusted (parity
   * against `liked`, not positive, from the future) is replaced by one of now.
   * @throws OnecountError `post_not_found`, `unavailable`
   */
  set(postId: string, sessionId: string, liked: boolean, options?: { op?: number }): Promise<WriteState>
  /** Posts that do not exist are absent. With `sessionId` null, `liked` is null. */
  read(postIds: string[], sessionId: string | null): Promise<Map<string, LikeState>>
  health(): Promise<Health>
  /** Moves one batch. */
  drainOnce(): Promise<{ drained: number; more: boolean }>
}
