import type { LikedByOptions } from '../core/call-options'
import type { KindsDrainer } from '../core/engines'
import type { Health } from '../core/health'
import type { Kind } from '../core/kind'
import type { LikedPage } from '../core/liked-by'
import type { Drainer } from '../core/loop'
import type { LikeState, WriteState } from '../core/types'

/** How {@link LikesService} presses. */
export interface ServiceSetOptions {
  /**
   * The op of the press.
   * @default the store assigns the next one
   */
  op?: number
  /**
   * What the press waits for.
   * @default `ack` of the engine
   */
  ack?: 'postgres'
}

/** The part of the engine that HTTP needs. */
export interface LikesService {
  /** Which ids posts have, and whether they are private; left out: the kind that there is without a configuration. */
  readonly kind?: Kind
  /**
   * Makes the post liked by the session or not. An `op` counts as it is, loses to a newer one, or is refused. With
   * `ack: 'postgres'` it is durable when this returns.
   * @throws OnecountError `invalid_op`, `op_ahead`, `post_not_found`, `unavailable`
   */
  set(postId: string, sessionId: string, liked: boolean, options?: ServiceSetOptions): Promise<WriteState>
  /** Posts that do not exist are absent. With `sessionId` null, `liked` is null. */
  read(postIds: string[], sessionId: string | null): Promise<Map<string, LikeState>>
  /** What the session likes, by post id after the one given; left out: there is no such list. */
  likedBy?(sessionId: string, page: Required<LikedByOptions>): Promise<LikedPage>
  /** Which stores answer. Never rejects. */
  health(): Promise<Health>
  /** False: no Redis is configured, and what Postgres says is exact. */
  readonly hasRedis: boolean
  /** Drains until nothing is left or `budgetMs` have passed; `more`: something is left. */
  readonly drainer: Pick<Drainer, 'flush'>
  /** Lets Postgres prune, once an hour for all processes, for `budgetMs` at most; left out: something else does. */
  prune?(budgetMs: number): Promise<void>
}

/** What `{base}/metrics` answers: `createMetrics` of `onecount/metrics` makes it. */
export interface Exposition {
  /** Of the text. */
  readonly contentType: string
  /** Every metric. Never rejects because a store is away. */
  text(): Promise<string>
}

/** What HTTP needs of several kinds: `createEngines` makes it. */
export interface KindsService {
  /** By name. */
  readonly kinds: Readonly<Record<string, LikesService>>
  /** The one at `{base}/likes`; each is at `{base}/kinds/{name}`. */
  readonly main: string
  /** False: no Redis is configured, and what Postgres says is exact. */
  readonly hasRedis: boolean
  /** All together, and each under its name. */
  health(): Promise<Health & { kinds: Record<string, Health> }>
  /** Drains every kind; one that fails does not hold the others. */
  readonly drainer: Pick<KindsDrainer, 'flush'>
  /** Of every kind. */
  prune?(budgetMs: number): Promise<void>
}
