import type { LikeInput } from './registers'
import type { ServerClock } from './server-clock'

/** How a press is sent. */
export interface TransportWriteOptions {
  /**
   * `postgres`: it is durable when it is answered.
   * @default that of the server
   */
  ack?: 'postgres'
  /**
   * Names the session that has pressed, as answers do: of another one the press is not accepted.
   * @default any session
   */
  madeBy?: string
}

/** How the registers reach the server. */
export interface LikesTransport {
  /**
   * States of posts, of 100 at most that a page asks for; ids that are missing in the answer have no post.
   *
   * @throws LikesUnreachable, LikesRefused (`invalid_post_id`: the page asks for the others without what is malformed)
   */
  read(postIds: string[]): Promise<Map<string, LikeInput>>
  /**
   * Makes the post liked or not; can be repeated with the same op.
   *
   * @throws LikesUnreachable, LikesRefused (`op_ahead`: its time lies in the future; `session_changed`: the request
   * comes from another session)
   */
  write(
    postId: string,
    liked: boolean,
    op: number,
    options?: TransportWriteOptions,
  ): Promise<LikeInput & { op: number }>
  /** The server's time as far as it is known here, microseconds since 1970. */
  now(): number
  /** Where the server is; a press of one is never sent to another. Left out: /api/likes. */
  readonly address?: string
  /**
   * Knows the server's time better than the device; without one `now()` is believed.
   * @internal
   */
  readonly clock?: ServerClock
  /** For how long the server has asked not to be read in the background, milliseconds; without it, never. */
  waitMs?(): number
}

/** The server's time as far as it was said, milliseconds; undefined while it was not. */
export function serverTime(transport: LikesTransport): number | undefined {
  return transport.clock ? transport.clock.latest() : transport.now() / 1000
}

/**
 * A definite refusal: repeating it is no use.
 * @example
 * // A transport of your own.
 * if (response.status === 404) throw new LikesRefused('post_not_found', 'There is no such post.')
 */
export class LikesRefused extends Error {
  override readonly name = 'LikesRefused'
  constructor(
    /** One of the API, as `post_not_found`. */
    readonly code: string,
    message: string,
    /** Not before, milliseconds from now, when the server has said so. */
    readonly retryAfterMs?: number,
    /** With `op_ahead`: the server's time, milliseconds since 1970. */
    readonly now?: number,
  ) {
    super(message)
  }
}

/** What a {@link LikesUnreachable} says beside its message. */
export interface UnreachableOptions extends ErrorOptions {
  /**
   * Not before, milliseconds from now, when the server has said so.
   * @default not known
   */
  retryAfterMs?: number
}

/**
 * No answer, or one that says nothing about the outcome: repeat it with the same op.
 * @example
 * // A transport of your own.
 * if (response.status === 503) throw new LikesUnreachable('no answer', { retryAfterMs: 2000 })
 */
export class LikesUnreachable extends Error {
  override readonly name = 'LikesUnreachable'
  /** Not before, milliseconds from now, when the server has said so. */
  readonly retryAfterMs?: number
  constructor(message: string, options: UnreachableOptions = {}) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs
  }
}
