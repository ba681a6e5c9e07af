export type { PageLikes } from '../http/page-likes'
export type { RouteHandlers } from './api'
export type {
  Env,
  MetricsSource,
  OnecountNextConfig,
  RedisClient,
  RedisSource,
  SessionRequest,
} from './config'
export { type OnecountNext, onecountNext, type ReadLikesOptions } from './onecount-next'
export type { ProxyFunction, WithSession } from './proxy'
