import type { LikeInput } from './registers'

/** How the registers reach the server. */
export interface LikesTransport {
  /** States of posts; ids that are missing in the answer have no post. @throws LikesUnreachable, LikesRefused */
  read(postIds: string[], signal?: AbortSignal): Promise<Map<string, LikeInput>>
  /**
   * Makes the post liked or not; can be repeated with the same op. With `ack: 'postgres'` it is durable when it is
   * answered. @throws LikesUnreachable, LikesRefused
   */
  write(
    postId: string,
    liked: boolean,
    op: number,
    options?: WriteOptions,
  ): Promise<LikeInput & { op: number }>
  /** The server's time as far as it is known here, microseconds since 1970. */
  now(): number
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
  ) {
    super(message)
  }
}

/** No answer, or one that says nothing about the outcome: repeat it with the same op. */
export class LikesUnreachable extends Error {
  override readonly name = 'LikesUnreachable'
}

/** Ids in one request, as the HTTP API takes them. */
const MAX_IDS = 100
/** A device's clock is believed while it is at most this far off, milliseconds: the Date header has whole seconds. */
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
  let skewMs = 0
  let answered = false
  /** No Redis is configured: nobody knows more than Postgres, and its answers are not behind. */
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
    const deadline = AbortSignal.timeout(timeoutMs)
    const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline
    let response: Response
    let body: Record<string, unknown> | undefined
    try {
      response = await fetch(`${baseUrl}${path}`, { ...init, signal, cache: 'no-store' })
      body = await response.json()
    } catch (error) {
      throw new LikesUnreachable('the server did not answer', { cause: error })
    }
    answered = true
    isPostgresAlone = response.headers.get('onecount-redis') === 'off'
    noteClock(response)
    if (response.ok && body) return body
    const { code, message } = (body?.error ?? {}) as { code?: unknown; message?: string }
    // Whatever else answers in its place, as a gateway may, says nothing about the press.
    if (response.status >= 500 || code === 'request_timeout' || typeof code !== 'string')
      throw new LikesUnreachable(`the server answered ${response.status}`)
    const retryAfter = Number(response.headers.get('retry-after'))
    throw new LikesRefused(
      code,
      message ?? 'The server refused the request.',
      retryAfter > 0 ? retryAfter * 1000 : undefined,
    )
  }

  function worthOf<T extends LikeInput>(state: T): T {
    return isPostgresAlone && state.source === 'postgres' ? { ...state, source: undefined } : state
  }

  function noteClock(response: Response): void {
    const date = Date.parse(response.headers.get('date') ?? '')
    if (Number.isNaN(date)) return
    const difference = date - Date.now()
    skewMs = Math.abs(difference) > CLOCK_TOLERANCE_MS ? difference : 0
  }

  return {
    async read(postIds, signal) {
      const found = new Map<string, LikeInput>()
      for (let i = 0; i < postIds.length; i += MAX_IDS) {
        const ids = postIds.slice(i, i + MAX_IDS).map(encodeURIComponent)
        const body = await inOrder(() => request(`?ids=${ids.join(',')}`, { signal }))
        for (const [postId, state] of Object.entries(body.likes as Record<string, LikeInput>))
          found.set(postId, worthOf(state))
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
    now: () => (Date.now() + skewMs) * 1000,
  }
}
