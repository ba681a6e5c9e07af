/**
 * The server side of a Next.js application, made once. Step by step: docs/next.md.
 * @module
 */

export type { PageLikes } from '../http/page-likes'
export type { RouteHandler, RouteHandlers } from './api'
export type {
  Env,
  MetricsSource,
  OnecountNextConfig,
  RedisClient,
  RedisSource,
  SessionRequest,
} from './config'
export { type OnecountNext, onecountNext, type ReadLikesOptions } from './onecount-next'
export type { ProxyAnswer, ProxyEvent, ProxyFunction, WithSession } from './proxy'
