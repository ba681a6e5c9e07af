import type { LikeInput } from './registers'
import { Pauses, retryAfterMs } from './retry-after'
import { ServerClock } from './server-clock'
import { noteSession } from './session-change'

/** How the registers reach the server. */
export interface LikesTransport {
  /** States of posts; ids that are missing in the answer have no post. @throws LikesUnreachable, LikesRefused */
  read(postIds: string[], signal?: AbortSignal): Promise<Map<string, LikeInput>>
  /**
   * Makes the post liked or not; can be repeated with the same op. With `ack: 'postgres'` it is durable when it is
   * answered. @throws LikesUnreachable, LikesRefused (`op_ahead`: the op was not accepted, its time lies in the future)
   */
  write(
    postId: string,
    liked: boolean,
    op: number,
    options?: WriteOptions,
  ): Promise<LikeInput & { op: number }>
  /** The server's time as far as it is known here, microseconds since 1970. */
  now(): number
  /** Where the server is; a press of one is never sent to another. Left out: /api/likes. */
  readonly address?: string
  /** Knows the server's time better than the device; without one `now()` is believed. */
  readonly clock?: ServerClock
  /** For how long the server has asked not to be read in the background, milliseconds; without it, never. */
  waitMs?(): number
}

/** The server's time as far as it was said, milliseconds; undefined while it was not. */
export function serverTime(transport: LikesTransport): number | undefined {
  return transport.clock ? transport.clock.latest() : transport.now() / 1000
}

export interface WriteOptions {
  ack?: 'postgres'
  signal?: AbortSignal
}

/** A definite refusal: repeating it is no use. */
export class LikesRefused extends Error {
  override readonly name = 'LikesRefused'
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterMs?: number,
    /** With `op_ahead`: the server's time, milliseconds since 1970. */
    readonly now?: number,
  ) {
    super(message)
  }
}

/** No answer, or one that says nothing about the outcome: repeat it with the same op. */
export class LikesUnreachable extends Error {
  override readonly name = 'LikesUnreachable'
  /** Not before, milliseconds from now, when the server has said so. */
  readonly retryAfterMs?: number
  constructor(message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, options)
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Ids in one request, as the HTTP API takes them. */
const MAX_IDS = 100
/** The Date header has whole seconds: a device's clock is believed beside it while it is at most this far off, ms. */
const CLOCK_TOLERANCE_MS = 3000

interface HttpTransportOptions {
  /** Where the likes API is mounted. */
  baseUrl?: string
  /** Deadline of one request, milliseconds. */
  timeoutMs?: number
}

/** The transport over the HTTP API of `onecount/http`. */
export function createHttpTransport({
  baseUrl = '/api/likes',
  timeoutMs = 8000,
}: HttpTransportOptions = {}): LikesTransport {
  const clock = new ServerClock()
  const pauses = new Pauses()
  let answered = false
  /** No Redis is configured: Postgres is authoritative, and its answers are not behind. */
  let isPostgresAlone = false
  let first: Promise<unknown> = Promise.resolve()

  /** Until something was answered requests go one by one: two at once could be given two sessions. */
  function inOrder<T>(request: () => Promise<T>): Promise<T> {
    if (answered) return request()
    const turn = first.then(request, request)
    first = turn.catch(() => {})
    return turn
  }

  async function request(path: string, init: RequestInit): Promise<Record<string, unknown>> {
    const isRead = init.method === undefined
    const pause = pauses.left(isRead ? 'read' : 'write')
    if (pause > 0) throw new LikesUnreachable('the server asked to wait', { retryAfterMs: pause })
    const deadline = AbortSignal.timeout(timeoutMs)
    const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline
    const sent = performance.now()
    let response: Response
    let body: Record<string, unknown> | null | undefined
    try {
      response = await fetch(`${baseUrl}${path}`, { ...init, signal, cache: 'no-store' })
      noteClock(clock, response.headers, sent)
      body = await response.json().catch(() => undefined)
    } catch (error) {
      throw new LikesUnreachable('the server did not answer', { cause: error })
    }
    const { status, headers } = response
    const wait = retryAfterMs(headers, clock.now())
    if (wait) pauses.note(wait, status, isRead)
    // A body that ended early says nothing, whatever came before it.
    if (body === undefined && status < 500)
      throw new LikesUnreachable('the answer cannot be read', { retryAfterMs: wait })
    answered = true
    isPostgresAlone = headers.get('onecount-redis') === 'off'
    const session = headers.get('onecount-session') ?? undefined
    if (session) noteSession(baseUrl, session)
    if (response.ok && body) return { ...body, session }
    const { code, message, now } = (body?.error ?? {}) as { code?: unknown; message?: string; now?: unknown }
    // Whatever else answers in its place, as a gateway may, says nothing about the press.
    if (status >= 500 || code === 'request_timeout' || typeof code !== 'string')
      throw new LikesUnreachable(`the server answered ${status}`, { retryAfterMs: wait })
    const serverNow = typeof now === 'number' && Number.isSafeInteger(now) ? now : undefined
    if (serverNow !== undefined) clock.note(serverNow, (performance.now() - sent) / 2, middle(sent))
    throw new LikesRefused(code, message ?? 'The server refused the request.', wait, serverNow)
  }

  /** What Postgres says alone is worth what Redis would say, whatever a page's payload has called it. */
  function worthOf<T extends LikeInput>(state: T): T {
    return isPostgresAlone && state.source === 'postgres' ? { ...state, source: 'redis' } : state
  }

  return {
    address: baseUrl,

    async read(postIds, signal) {
      const found = new Map<string, LikeInput>()
      for (let i = 0; i < postIds.length; i += MAX_IDS) {
        const ids = postIds.slice(i, i + MAX_IDS).map(encodeURIComponent)
        const { likes, session } = await inOrder(() => request(`?ids=${ids.join(',')}`, { signal }))
        if (!likes || typeof likes !== 'object') throw new LikesUnreachable('the answer names no likes')
        for (const [postId, state] of Object.entries(likes as Record<string, LikeInput>))
          found.set(postId, { ...worthOf(state), session: session as string | undefined })
      }
      return found
    },
    write(postId, liked, op, { ack, signal } = {}) {
      const init = {
        method: liked ? 'PUT' : 'DELETE',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ op, ack }),
        keepalive: true,
        signal,
      }
      return inOrder(async () => {
        const body = await request(`/${encodeURIComponent(postId)}`, init)
        return worthOf(body as unknown as LikeInput & { op: number })
      })
    },
    now: () => Math.round(clock.now() * 1000),
    clock,
    waitMs: () => pauses.left('background'),
  }
}

/** The server's time stands in each of its answers; a cache or gateway in between may add a Date alone. */
function noteClock(clock: ServerClock, headers: Headers, sent: number): void {
  const error = (performance.now() - sent) / 2
  const time = Number(headers.get('onecount-time'))
  if (Number.isSafeInteger(time) && time > 0) {
    clock.note(time, error, middle(sent))
    return
  }
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return
  const isDeviceRight = Math.abs(date + 500 - Date.now()) <= CLOCK_TOLERANCE_MS
  if (clock.latest() === undefined && isDeviceRight) clock.note(Date.now(), CLOCK_TOLERANCE_MS)
  else clock.note(date + 500, error + 500, middle(sent))
}

const middle = (sent: number): number => (sent + performance.now()) / 2
