/**
 * The engine: presses, reads, the drain, health and moderation, over a driver for Redis and one for Postgres. Beside it
 * configurations of kinds, ids, ops and errors. Imports no driver and no framework.
 * @module
 */

export {
  type Config,
  DEFAULT_KIND_CONFIG,
  defineConfig,
  type KindConfig,
  type OnecountConfig,
  type RowsConfig,
  type TargetConfig,
} from './config/define'
export { type Ack, parseAck } from './core/ack'
export type { BulkOptions, BulkProgress } from './core/bulk'
export type { LikedByOptions, SetOptions, ToggleOptions } from './core/call-options'
export { createClock } from './core/clock'
export { DEFAULT_SETTINGS, type Settings } from './core/context'
export type { Tick } from './core/drain'
export {
  createEngines,
  type Engines,
  type EnginesOptions,
  type KindDrained,
  type KindsDrained,
  type KindsDrainer,
  type KindsHealth,
} from './core/engines'
export {
  ERRORS,
  type ErrorCode,
  ForeignRedis,
  OnecountError,
  type OnecountErrorOptions,
  Repartitioned,
  StoreRefused,
  StoreUnavailable,
} from './core/errors'
export type { Health } from './core/health'
export type { Hydrated } from './core/hydrate-all'
export { isPostId, isSessionId } from './core/ids'
export { createKeys, type Keys } from './core/keys'
export type { ActorType, IdType, Kind, KindRows, Kinds, KindTarget, Table } from './core/kind'
export { type Ids, idsOf } from './core/kind-ids'
export type { LikedPage } from './core/liked-by'
export type {
  Drained,
  Drainer,
  FlushOptions,
  LoopOptions,
  StopOptions,
  TickOptions,
} from './core/loop'
export type { Moderated } from './core/moderation'
export type { DrainLoop, DrainOptions, OnceOptions } from './core/old-names'
export { createOnecount, type Onecount, type OnecountOptions } from './core/onecount'
export { isLikedOp, MAX_OP_AHEAD, nextOp, opTime } from './core/op'
export type { IndexOptions } from './core/options'
export type { PauseCause } from './core/pause'
export type {
  BroadcastPort,
  Entry,
  Logger,
  PairOp,
  PairWrite,
  PortWriteOptions,
  PostgresPort,
  PostgresState,
  PostgresStatus,
  PostSummary,
  RankedPost,
  RedisPort,
  RefusedEntry,
  RefusedFilter,
  RefusedOp,
  Reply,
  ScriptName,
  SetAsideOp,
  Snapshot,
  SnapshotQuery,
  Snapshots,
  SnapshotsQuery,
  SyncBatch,
  SyncResult,
  WriteResult,
} from './core/ports'
export { LIKES_EVENT, type LikesMessage, TOPICS, type ToldLikes, topicOf } from './core/topics'
export type { LikeState, Source, WriteState } from './core/types'
export { parseVariantId, variantId, variantIds } from './core/variants'
