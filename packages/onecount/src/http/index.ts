/**
 * The HTTP API for any server with web requests or with those of Node: handler, sessions, limits, pages. What it
 * answers: docs/http-api.md.
 * @module
 */

export { type ClientIpOptions, clientIp, UNKNOWN_IP } from './client-ip'
export { createErrorLog, type ErrorLogOptions } from './error-log'
export { createHandler, type Handler, type HandlerInfo, type HandlerOptions } from './handler'
export { createLimiter, type Limiter, type LimiterOptions, type LimitKeys, type Refusal } from './limiter'
export { DEFAULT_LIMITS, type LimitKind, type Limits, NO_LIMITS, parseLimits, type Rate } from './limits'
export { nodeListener } from './node'
export { isSecure } from './origin'
export type { PageLikes } from './page-likes'
export { createPages, type OpenedPage, type OpenPage, type PageInfo, type PagesOptions } from './pages'
export type { Exposition, KindsService, LikesService, ServiceSetOptions } from './ports'
export { doubtProxyHops } from './proxy-doubt'
export type { RequestHead } from './request'
export { errorResponse } from './responses'
export {
  type CookieOptions,
  createSession,
  type OpenedSession,
  type OpenSessionOptions,
  openSession,
  parseSecrets,
  readSession,
  SECURE_SESSION_COOKIE,
  SESSION_COOKIE,
  SESSION_MAX_AGE,
  type Session,
  serializeSessionCookie,
  withSessionCookie,
} from './session'
export { redisLimits, type SharedBucket, type SharedLimits } from './shared-limits'
export { type Draining, type StartDrainOptions, startDrain } from './start-drain'
export type { PersonOf, Visitor } from './visitor'
