import { connection } from 'next/server'
import { OnecountError } from 'onecount'
import { createErrorLog, createHandler, errorResponse, type Handler, parseLimits } from 'onecount/http'
import { getOnecount } from './server'
import { sessionSecret } from './session'

let handler: Handler | undefined
const logError = createErrorLog()

/**
 * One handler for every address of the API; each route file mounts it for all methods, so that refusals have the same
 * shape as everything else. Made on the first request: a build has no secrets and needs none.
 */
async function handle(request: Request): Promise<Response> {
  await connection()
  try {
    handler ??= create()
  } catch (error) {
    logError(request, error)
    return errorResponse(error)
  }
  return handler(request)
}

function create(): Handler {
  const { env } = process
  return createHandler({
    service: getOnecount(),
    secret: sessionSecret(),
    limits: parseLimits(env.ONECOUNT_LIMITS),
    trustedOrigins: list(env.ONECOUNT_TRUSTED_ORIGINS),
    drainSecret: env.ONECOUNT_DRAIN_SECRET || env.CRON_SECRET,
    // Next always fills in X-Forwarded-For: with the connection's address where no proxy has written one.
    proxyHops: hops(env.ONECOUNT_PROXY_HOPS || '1'),
  })
}

function hops(text: string): number {
  if (/^\d$/.test(text)) return Number(text)
  throw new OnecountError('misconfigured', {
    detail: 'ONECOUNT_PROXY_HOPS is the number of proxies in front: 0 to 9',
  })
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(',').flatMap(item => item.trim() || [])
}

export {
  handle as DELETE,
  handle as GET,
  handle as HEAD,
  handle as OPTIONS,
  handle as PATCH,
  handle as POST,
  handle as PUT,
}
