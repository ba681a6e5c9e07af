/** Every error a caller can meet: its code, what it means, what the reader can do, its HTTP status. */
export const ERRORS = {
  invalid_post_id: { status: 400, message: 'The post id is malformed: use the id of a post, a UUID.' },
  invalid_op: {
    status: 400,
    message: 'The op is malformed: send an odd integer for a like, an even one for an unlike, or no op.',
  },
  op_ahead: {
    status: 409,
    message: 'The op is ahead of the server: nothing was saved; send the press again with an op of its time.',
  },
  invalid_ids: { status: 400, message: 'Send 1 to 100 post ids, separated by commas, in `ids`.' },
  invalid_body: { status: 400, message: 'The body is not valid JSON: send an object, or nothing.' },
  invalid_session: {
    status: 400,
    message: 'The session id is malformed: use 1 to 128 letters, digits, _ - . :',
  },
  unauthorized: { status: 401, message: 'The secret is missing or wrong: send it as a bearer token.' },
  forbidden_origin: {
    status: 403,
    message: 'This page may not change likes: send the request from the site itself.',
  },
  post_not_found: { status: 404, message: 'There is no such post: it may have been removed.' },
  not_found: { status: 404, message: 'There is nothing at this address.' },
  method_not_allowed: {
    status: 405,
    message: 'This address does not take that method: see the Allow header.',
  },
  too_many_requests: {
    status: 429,
    message: 'Too many requests: wait for the time in Retry-After and try again.',
  },
  unavailable: {
    status: 503,
    message: 'The like could not be saved right now: try again, it will not count twice.',
  },
  internal: {
    status: 500,
    message: 'Something failed on the server: try again in a while; its log says what.',
  },
  misconfigured: {
    status: 500,
    message: 'The server is not set up: see the log for the setting that is missing.',
  },
} as const

export type ErrorCode = keyof typeof ERRORS

/** A refusal that the caller can show: `code` for programs, `message` for people, `field` where one is at fault. */
export class OnecountError extends Error {
  override readonly name = 'OnecountError'
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, 'OnecountError')
  }
  readonly status: number
  constructor(
    readonly code: ErrorCode,
    readonly options: {
      field?: string
      detail?: string
      retryAfterMs?: number
      /** With `op_ahead`: an op of this moment is accepted, epoch milliseconds. */
      now?: number
      cause?: unknown
    } = {},
  ) {
    super(options.detail ? `${ERRORS[code].message} (${options.detail})` : ERRORS[code].message, {
      cause: options.cause,
    })
    this.status = ERRORS[code].status
  }
}

/** A store did not answer in time or at all. The outcome of the call is unknown: repeat it with the same op. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, 'StoreUnavailable')
  }
  constructor(
    readonly store: 'redis' | 'postgres',
    cause: unknown,
  ) {
    super(`${store} is unreachable: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

/** By name: a bundler may put this module into several bundles of one process, each with a class of its own. */
function isNamed(value: unknown, name: string): boolean {
  return value instanceof Error && value.name === name
}
