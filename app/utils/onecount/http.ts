import { connection } from 'next/server'
import { createErrorLog, createHandler, errorResponse, type Handler } from 'onecount/http'
import { connectionIp, isHooked, proxyHops } from './address'
import { getLimiter } from './limiter'
import { getOnecount } from './server'
import { sessionSecret } from './session'
import { getWarnings, warn } from './warnings'

const SLOT = Symbol.for('onecount.handler')
const slots = globalThis as unknown as Record<symbol, Handler | undefined>
const logError = createErrorLog()

/**
 * One handler for every address of the API; each route file mounts it for all methods, so that refusals have the same
 * shape as everything else. Made when the server starts or on the first request: a build has no secrets and needs none.
 */
async function handle(request: Request): Promise<Response> {
  await connection()
  return answer(request, { ip: connectionIp(request.headers) })
}

/** The API outside of Next, for what Next cannot hand on. */
export const answer: Handler = async (request, info) => {
  try {
    slots[SLOT] ??= create()
  } catch (error) {
    logError(request, error)
    return errorResponse(error)
  }
  return slots[SLOT](request, info)
}

/** @throws OnecountError `misconfigured`, naming the setting */
export function prepareApi(): void {
  slots[SLOT] ??= create()
}

function create(): Handler {
  const { env } = process
  const hops = proxyHops()
  if (hops === 0 && !isHooked() && env.NODE_ENV === 'production') {
    warn(
      'This server does not tell the addresses of its visitors, so they share one limit: set ONECOUNT_PROXY_HOPS to the number of proxies in front',
    )
  }
  return createHandler({
    service: getOnecount(),
    secret: sessionSecret(),
    limiter: getLimiter(),
    trustedOrigins: list(env.ONECOUNT_TRUSTED_ORIGINS),
    drainSecret: env.ONECOUNT_DRAIN_SECRET || env.CRON_SECRET,
    proxyHops: hops,
    warnings: getWarnings,
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
