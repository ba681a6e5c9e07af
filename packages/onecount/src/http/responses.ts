import { ERRORS, type ErrorCode, OnecountError, StoreUnavailable } from '../core/errors'

/** An answer before a server has made its own kind of it. */
export interface Reply {
  status: number
  /** By names in lower case. */
  headers: Record<string, string>
  /** `Set-Cookie` headers. */
  cookies: readonly string[]
  /** Null: none. */
  body: string | Uint8Array | null
}

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

export function json(status: number, body: unknown): Reply {
  return {
    status,
    headers: { ...headersOfNow(), 'content-type': 'application/json' },
    cookies: [],
    body: JSON.stringify(body),
  }
}

export function text(contentType: string, body: string): Reply {
  return { status: 200, headers: { ...headersOfNow(), 'content-type': contentType }, cookies: [], body }
}

export function noContent(): Reply {
  return { status: 204, headers: headersOfNow(), cookies: [], body: null }
}

export function toResponse({ status, headers, cookies, body }: Reply): Response {
  const response = new Response(body as BodyInit | null, { status, headers })
  for (const cookie of cookies) response.headers.append('set-cookie', cookie)
  return response
}

export async function fromResponse(response: Response): Promise<Reply> {
  const { 'set-cookie': _, ...headers } = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  const body = response.body ? new Uint8Array(await response.arrayBuffer()) : null
  return { status: response.status, headers, cookies, body }
}

/**
 * `{ error: { code, message, field?, now? } }` for whatever was thrown. What is the server's fault says no more than
 * that: the rest belongs in the log.
 */
export function errorReply(error: unknown): Reply {
  const { status, body, retryAfterMs } = errorOf(error)
  const reply = json(status, { error: body })
  if (retryAfterMs !== undefined)
    reply.headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
  // The rest of the body would be parsed as the next request on this connection.
  if (status === 408) reply.headers.connection = 'close'
  return reply
}

/**
 * {@link errorReply} as a web `Response`.
 * @example
 * return errorResponse(new OnecountError('post_not_found'))
 */
export const errorResponse = (error: unknown): Response => toResponse(errorReply(error))

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
