/** Every error a caller can meet: its code, what it means, what the reader can do, its HTTP status. */
export const ERRORS = {
  invalid_post_id: { status: 400, message: 'The post id is malformed: use the id of a post.' },
  invalid_op: {
    status: 400,
    message: 'The op is malformed: send an odd integer for a like, an even one for an unlike, or no op.',
  },
  op_ahead: {
    status: 409,
    message: 'The op is ahead of the server: nothing was saved; send the press again with an op of its time.',
  },
  session_changed: {
    status: 409,
    message: 'The session has changed since this was pressed: nothing was saved; press again.',
  },
  invalid_ids: { status: 400, message: 'Send 1 to 100 post ids, separated by commas, in `ids`.' },
  invalid_body: { status: 400, message: 'The body is not valid JSON: send an object, or nothing.' },
  invalid_session: {
    status: 400,
    message: 'The session id is malformed: use 1 to 128 letters, digits, _ - . :',
  },
  unauthorized: { status: 401, message: 'The secret is missing or wrong: send it as a bearer token.' },
  sign_in_required: {
    status: 401,
    message: 'Only people who are signed in can like: sign in and try again.',
  },
  invalid_token: {
    status: 401,
    message: 'The token is not accepted: sign in again, or send a new one.',
  },
  forbidden_origin: {
    status: 403,
    message: 'This page may not change likes: send the request from the site itself.',
  },
  private_kind: {
    status: 403,
    message: 'This kind is private: no visitor is shown how many there are, or whose.',
  },
  post_not_found: { status: 404, message: 'There is no such post: it may have been removed.' },
  not_found: { status: 404, message: 'There is nothing at this address.' },
  invalid_request: {
    status: 400,
    message: 'The address, its query or the Host header is malformed: send them as documented.',
  },
  request_timeout: {
    status: 408,
    message: 'The body did not arrive in time: send the request again.',
  },
  method_not_allowed: {
    status: 405,
    message: 'This address does not take that method: see the Allow header.',
  },
  refused: {
    status: 422,
    message: 'The database refused this like by a rule of its own: repeating it is of no use.',
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

/** What programs know a refusal by; docs/http-api.md has the status and the cause of each. */
export type ErrorCode = keyof typeof ERRORS

/** What an {@link OnecountError} says beside its code. */
export interface OnecountErrorOptions {
  /**
   * What is at fault, as a setting or a parameter.
   * @default none
   */
  field?: string
  /**
   * What is wrong with it; stands in brackets behind the message.
   * @default none
   */
  detail?: string
  /**
   * Repeating it is of use after this time, milliseconds.
   * @default not known
   */
  retryAfterMs?: number
  /**
   * With `op_ahead`: an op of this moment is accepted, epoch milliseconds.
   * @default none
   */
  now?: number
  /**
   * The error that led to it.
   * @default none
   */
  cause?: unknown
}

/**
 * A refusal that the caller can show: `code` for programs, `message` for people, `field` where one is at fault.
 * @example
 * try {
 *   await onecount.set(postId, sessionId, true)
 * } catch (error) {
 *   if (error instanceof OnecountError && error.code === 'post_not_found') notFound()
 *   throw error
 * }
 */
export class OnecountError extends Error {
  override readonly name = 'OnecountError'
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, 'OnecountError')
  }
  /** The status of an HTTP answer with it. */
  readonly status: number
  constructor(
    /** For programs. */
    readonly code: ErrorCode,
    /** What was given beside the code. */
    readonly options: OnecountErrorOptions = {},
  ) {
    super(options.detail ? `${ERRORS[code].message} (${options.detail})` : ERRORS[code].message, {
      cause: options.cause,
    })
    this.status = ERRORS[code].status
  }
}

/**
 * A store did not answer in time or at all. The outcome of the call is unknown: repeat it with the same op.
 * @example
 * // A driver of your own: what is not an answer of the store is this.
 * throw new StoreUnavailable('redis', new Error('no answer within 1000 ms'))
 */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable'
  static override [Symbol.hasInstance](value: unknown): boolean {
    return ['StoreUnavailable', 'StoreRefused', 'ForeignRedis', 'Repartitioned'].some(name =>
      isNamed(value, name),
    )
  }
  constructor(
    /** Which one. */
    readonly store: 'redis' | 'postgres',
    cause: unknown,
    /** `call`: the store answered, with an error about this call alone; other calls may succeed. */
    readonly scope: 'store' | 'call' = 'store',
    message = `${store} is unreachable (${cause instanceof Error ? cause.message : String(cause)})`,
    /** The store has ended the call itself and undone it: a timeout of its own, a lock, a deadlock. */
    readonly isUndone = false,
  ) {
    super(message, { cause })
  }
}

/**
 * Postgres answered with an SQL error about the data or its rules, and nothing of the call was applied. It is a
 * StoreUnavailable too: the store was of no use, and only those who can say why look closer. An op that Postgres refuses
 * while it takes others is no error of the call: `SyncResult` and `WriteResult` tell of it.
 * @example
 * // A driver of your own, for an error of SQL.
 * throw new StoreRefused(error.code, error.message, error)
 */
export class StoreRefused extends StoreUnavailable {
  override readonly name = 'StoreRefused'
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, 'StoreRefused')
  }
  constructor(
    /** Five characters, or a code of PostgREST (`PGRST…`). */
    readonly sqlstate: string,
    /** The message of Postgres. */
    readonly reason: string,
    cause?: unknown,
  ) {
    super('postgres', cause, 'call', `postgres refuses the call (${reason}, ${sqlstate})`)
  }
}

/**
 * Postgres belongs to another Redis than the one that is configured, and nothing was changed. It is a StoreUnavailable
 * too: this Redis is of no use with that Postgres, which serves alone.
 * @example
 * if (error instanceof ForeignRedis) console.error(`Postgres belongs to the Redis ${error.owner}`)
 */
export class ForeignRedis extends StoreUnavailable {
  override readonly name = 'ForeignRedis'
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, 'ForeignRedis')
  }
  constructor(
    /** Id of the Redis that Postgres belongs to. */
    readonly owner: string,
    /** Id of this Redis. */
    readonly home: string,
  ) {
    super(
      'redis',
      undefined,
      'store',
      `postgres belongs to another Redis (${owner}, this one is ${home}): correct REDIS_URL or SUPABASE_URL, ` +
        'or give Postgres to this Redis with `npx onecount takeover` or ONECOUNT_TAKE_OVER=1',
    )
  }
}

/**
 * The posts are in another number of partitions than this process believes: its keys are not those of the others. It is a
 * StoreUnavailable too: Postgres serves this process alone.
 * @example
 * if (error instanceof Repartitioned) console.error(`ONECOUNT_PARTITIONS has to be ${error.partitions}`)
 */
export class Repartitioned extends StoreUnavailable {
  override readonly name = 'Repartitioned'
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, 'Repartitioned')
  }
  constructor(
    /** Of Postgres. */
    readonly partitions: number,
    /** Of this process. */
    readonly configured: number,
  ) {
    super(
      'redis',
      undefined,
      'store',
      `the posts are in ${partitions} partitions, and this process is set to ${configured}: set ` +
        `ONECOUNT_PARTITIONS=${partitions}, or change them with \`npx onecount partitions ${configured}\``,
    )
  }
}

/** By name: a bundler may put this module into several bundles of one process, each with a class of its own. */
function isNamed(value: unknown, name: string): boolean {
  return value instanceof Error && value.name === name
}
