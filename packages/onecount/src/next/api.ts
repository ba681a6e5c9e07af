import { after, connection } from 'next/server.js'
import { OnecountError } from '../core/errors'
import { createErrorLog } from '../http/error-log'
import { createHandler, type Handler } from '../http/handler'
import { errorResponse } from '../http/responses'
import { connectionIp, isHooked, proxyHops } from './address'
import type { Parts } from './parts'
import { sessionSecret } from './secret'

/** Answers a request of one method. */
export type RouteHandler = (request: Request) => Promise<Response>

/** One for each method that Next hands on, so that refusals have the same shape as everything else. */
export type RouteHandlers = Record<
  'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS',
  RouteHandler
>

export interface Api {
  handlers: RouteHandlers
  /** The API outside of Next, for what Next cannot hand on. */
  answer: Handler
  /** Says in the log which setting the API cannot work with; until it is right, every address answers `misconfigured`. */
  checkSettings(): void
}

/** The HTTP API as route handlers. Made when the server starts or on the first request: a build has no secrets. */
export function createApi(parts: Parts): Api {
  const logError = createErrorLog()
  let handler: Handler | undefined

  const answer: Handler = async (request, info) => {
    try {
      handler ??= create(parts)
    } catch (error) {
      logError(request, error)
      return errorResponse(error)
    }
    return handler(request, info)
  }

  const handle: RouteHandler = async request => {
    await connection()
    return answer(request, { ip: connectionIp(request.headers), after })
  }

  return {
    handlers: {
      GET: handle,
      HEAD: handle,
      POST: handle,
      PUT: handle,
      PATCH: handle,
      DELETE: handle,
      OPTIONS: handle,
    },
    answer,
    checkSettings() {
      try {
        handler ??= create(parts)
      } catch (error) {
        if (!(error instanceof OnecountError)) throw error
        console.error(`[onecount] ${error.message}`)
      }
    },
  }
}

/** @throws OnecountError `misconfigured`, naming the setting */
function create({
  config,
  env,
  engines,
  metrics,
  limiter,
  shared,
  warnings,
  basePath,
  drain,
}: Parts): Handler {
  const hops = proxyHops(env)
  if (hops === 0 && !isHooked() && env.NODE_ENV === 'production') {
    warnings.warn(
      'This server does not tell the addresses of its visitors, so they share one limit: set ONECOUNT_PROXY_HOPS to the number of proxies in front',
    )
  }
  return createHandler({
    service: engines(),
    secret: config.anonymous === false ? undefined : sessionSecret(env, shared),
    session: config.session,
    anonymous: config.anonymous,
    limiter: limiter(),
    trustedOrigins: listOf(env.ONECOUNT_TRUSTED_ORIGINS),
    ...(drain === 'after' && { drain }),
    drainSecret: env.ONECOUNT_DRAIN_SECRET || env.CRON_SECRET,
    metrics: metrics(),
    metricsSecret: env.ONECOUNT_METRICS_SECRET || (env.NODE_ENV === 'development' ? false : undefined),
    proxyHops: hops,
    basePath,
    warnings: warnings.list,
  })
}

const listOf = (text = ''): string[] => text.split(',').flatMap(item => item.trim() || [])
