import type { Context } from '../core/context'
import { idsOf } from '../core/kind-ids'
import type { Onecount } from '../core/onecount'

/** Keys of Redis that hold something else than Postgres, by the beginning of their names. */
export type WrongKey = 'post:meta' | 'post:likes' | 'session:ops' | 'session:likes' | 'post:liked'

/** A pair that differs. */
export interface WrongPair {
  /** Whether Redis likes it, where the stores differ; the contrary of Postgres. */
  liked: boolean
  keys: WrongKey[]
  /** What Redis goes by is right, and only a mirror is not. */
  isMirrorOnly: boolean
}

/** What one round of comparing found; some of it may be on its way. */
export interface Found {
  postId: string
  redisCount: number | null
  /** Null: Postgres has no such post, and Redis has keys of it. */
  postgresCount: number | null
  keys: WrongKey[]
  /** By session; of a post with more of them, the first ones. */
  pairs: Map<string, WrongPair>
}

/** Pairs that are kept of a post. */
export const PAIRS_KEPT = 1000

export const isDifferent = ({ keys, pairs }: Found) => keys.length + pairs.size > 0

/** The partition of a post. */
export const contextOf = ({ kind, stores }: Onecount, postId: string): Context =>
  stores.partitions[idsOf(kind).partitionOf(postId, stores.partitions.length)]!
