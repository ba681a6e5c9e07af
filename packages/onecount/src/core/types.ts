/**
 * Where a state was read: `redis` is exact; `lagging` is what Redis has while it does not know what some of its ops
 * change; `postgres` may lag behind what Redis has accepted.
 */
export type Source = 'redis' | 'lagging' | 'postgres' | 'last-known' | 'unknown'

/** What a reader is shown of one post. */
export interface LikeState {
  /** As it was asked for. */
  postId: string
  /** Likes of the post; `null` when it is unknown (never 0 instead). */
  count: number | null
  /** Whether the asking session likes it; `null` when unknown or asked without a session. */
  liked: boolean | null
  /** Revision, microseconds; grows with every change of the count. 0 when unknown. */
  rev: number
  /** The session's newest op on this post as far as the server knows, else `null`. */
  op: number | null
  /** Whether Postgres holds that op; `null` when the server does not know. */
  durable: boolean | null
  /** Where it was read, and so what it is worth. */
  source: Source
  /** The kind is private: `count` and `rev` are of the asking session alone. Absent: what is said is of everybody. */
  private?: true
}

/** Answer to an accepted like or unlike. */
export interface WriteState extends LikeState {
  /** The op this press was accepted with; send the same one with every retry. */
  op: number
  /** True once Postgres holds the op; false while only Redis does. */
  durable: boolean
}
