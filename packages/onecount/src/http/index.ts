export { clientIp, UNKNOWN_IP } from './client-ip'
export { createErrorLog } from './error-log'
export { createHandler, type Handler, type HandlerInfo, type HandlerOptions } from './handler'
export { createLimiter, type Limiter } from './limiter'
export { DEFAULT_LIMITS, type LimitKind, type Limits, NO_LIMITS, parseLimits, type Rate } from './limits'
export { nodeListener } from './node'
export { isSecure } from './origin'
export type { PageLikes } from './page-likes'
export { createPages, type OpenedPage, type OpenPage, type PagesOptions } from './pages'
export type { Exposition, KindsService, LikesService } from './ports'
export { doubtProxyHops } from './proxy-doubt'
export { errorResponse } from './responses'
export {
  createSession,
  type OpenedSession,
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
export { redisLimits, type SharedLimits } from './shared-limits'
export { type DrainOptions, startDrain } from './start-drain'
export type { PersonOf, Visitor } from './visitor'
