export {
  type Config,
  DEFAULT_KIND_CONFIG,
  defineConfig,
  type KindConfig,
  type OnecountConfig,
} from './config/define'
export { type Ack, parseAck } from './core/ack'
export type { BulkOptions } from './core/bulk'
export { createClock } from './core/clock'
export { DEFAULT_SETTINGS, type Settings } from './core/context'
export {
  createEngines,
  type Engines,
  type EnginesOptions,
  type KindDrained,
  type KindsDrained,
  type KindsHealth,
} from './core/engines'
export {
  ERRORS,
  type ErrorCode,
  ForeignRedis,
  OnecountError,
  Repartitioned,
  StoreRefused,
  StoreUnavailable,
} from './core/errors'
export type { Health } from './core/health'
export { isPostId, isSessionId } from './core/ids'
export { createKeys, type Keys } from './core/keys'
export type { ActorType, IdType, Kind, Kinds, Table } from './core/kind'
export { type Ids, idsOf } from './core/kind-ids'
export type { LoopOptions } from './core/loop'
export type { Moderated } from './core/moderation'
export { createOnecount, type Onecount, type OnecountOptions } from './core/onecount'
export { isLikedOp, MAX_OP_AHEAD, nextOp, opTime } from './core/op'
export type {
  BroadcastPort,
  Logger,
  PairWrite,
  PostgresPort,
  RedisPort,
  Reply,
  ScriptName,
  Snapshot,
  WriteResult,
} from './core/ports'
export { LIKES_EVENT, type LikesMessage, TOPICS, type ToldLikes, topicOf } from './core/topics'
export type { LikeState, Source, WriteState } from './core/types'
export { parseVariantId, variantId, variantIds } from './core/variants'
