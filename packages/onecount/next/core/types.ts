import type { LikeState as PresentState } from '../../src/core/types'

/**
 * Where a state was read: `redis` is exact; `lagging` is what Redis has while it does not know what some of its ops change;
 * `postgres` may lag behind what Redis has accepted.
 */
export type Source = PresentState['source'] | 'lagging'

/** What a reader is shown of one post. */
export interface LikeState extends Omit<PresentState, 'source'> {
  source: Source
}

/** Answer to an accepted like or unlike. */
export interface WriteState extends LikeState {
  /** The op this press was accepted with; send the same one with every retry. */
  op: number
  /** True once Postgres holds the op; false while only Redis does. */
  durable: boolean
}
