import { ERRORS, type ErrorCode, OnecountError, StoreUnavailable } from '../core/errors'

/** Counts are of this moment and likes are of one person: no cache may keep an answer, and no page may embed it. */
const HEADERS = {
  'cache-control': 'private, no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
}

/** The server's time, epoch ms: a browser knows by it how far off its own clock is. */
export const TIME_HEADER = 'onecount-time'

const headersOfNow = () => ({ ...HEADERS, [TIME_HEADER]: String(Date.now()) })

export function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { ...headersOfNow(), 'content-type': 'application/json' },
  })
}

export function noContent(): Response {
  return new Response(null, { status: 204, headers: headersOfNow() })
}

/**
 * `{ error: { code, message, field?, now? } }` for whatever was thrown. What is the server's fault says no more than that:
 * the rest belongs in the log.
 */
export function errorResponse(error: unknown): Response {
  const { status, body, retryAfterMs } = errorOf(error)
  const response = json(status, { error: body })
  if (retryAfterMs !== undefined)
    response.headers.set('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  // The rest of the body would be taken for the next request on this connection.
  if (status === 408) response.headers.set('connection', 'close')
  return response
}

/** What an answer says of an error: its status, and the object under `error`. */
export function errorOf(error: unknown) {
  const { code, status, message, field, now, retryAfterMs } = describe(error)
  const details = { ...(field && { field }), ...(now !== undefined && { now }) }
  return { status, body: { code, message, ...details }, retryAfterMs }
}

interface Description {
  code: ErrorCode
  status: number
  message: string
  field?: string
  /** The moment that the op was judged by, epoch milliseconds. */
  now?: number
  retryAfterMs?: number
}

function describe(error: unknown): Description {
  if (error instanceof StoreUnavailable) return { code: 'unavailable', ...ERRORS.unavailable }
  if (!(error instanceof OnecountError)) return { code: 'internal', ...ERRORS.internal }
  const { code, status, message, options } = error
  if (status >= 500) return { code, ...ERRORS[code] }
  const { field, now, retryAfterMs } = options
  return { code, status, message, field, now, retryAfterMs }
}
