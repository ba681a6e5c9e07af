import { MAX_IDS } from './batcher'
import { DEFAULT_ADDRESS } from './kind'
import { later } from './later'
import { isNatural } from './numbers'
import type { LikeInput } from './registers'
import { createServerClock } from './server-clock'
import { type LikesTransport, LikesUnreachable } from './transport'

/** What {@link createHttpTransport} takes. */
export interface HttpTransportOptions {
  /**
   * Where the likes API is mounted.
   * @default '/api/likes'
   */
  baseUrl?: string
  /**
   * Deadline of one request, milliseconds.
   * @default 8000
   */
  timeoutMs?: number
  /**
   * What each request has beside, asked for each one: for an API at another origin its cookie, `credentials: 'include'`, or
   * a token in `headers`.
   * @default nothing
   */
  extra?: () => RequestExtra | Promise<RequestExtra>
}

/** What a request has beside: parts of a `RequestInit`. */
export interface RequestExtra {
  /** `include`: cookies go to another origin too. */
  credentials?: RequestCredentials
  /** As a token has to be sent. */
  headers?: Record<string, string>
}

let hasAnswered = false
let turn: Promise<unknown> | undefined

/**
 * Until something was answered the requests of a page go one by one, of all its kinds: two at once could be given two
 * sessions.
 */
async function inOrder<T>(request: () => Promise<T>): Promise<T> {
  if (hasAnswered) return request()
  const answer = Promise.resolve(turn).then(request)
  turn = answer.catch(() => {})
  return answer
}

/**
 * The transport over the HTTP API of `onecount/http`.
 *
 * @example
 * const bookmarks = createHttpTransport({ baseUrl: '/api/kinds/bookmark' })
 * @example
 * createHttpTransport({
 *   baseUrl: 'https://likes.example.com/api/likes',
 *   extra: async () => ({ headers: { authorization: `Bearer ${await getToken()}` } }),
 * })
 */
export function createHttpTransport({
  baseUrl = DEFAULT_ADDRESS,
  timeoutMs = 8000,
  extra,
}: HttpTransportOptions = {}): LikesTransport {
  const clock = createServerClock()
  /** When the server wants to hear again of everything, of reads, and of what no person waits for, by `performance.now()`. */
  const heldUntil = [0, 0, 0]
  /** No Redis is configured: Postgres is authoritative, and its answers are not behind. */
  let isPostgresAlone = false

  const waitFor = (what: number) => Math.max(0, heldUntil[what]! - performance.now())

  async function send(path: string, init?: RequestInit): Promise<Record<string, unknown>> {
    const pause = waitFor(init ? 0 : 1)
    if (pause) throw new LikesUnreachable('asked to wait', { retryAfterMs: pause })
    // In place of the Content-Type, which the API does not look at.
    const own = extra && (await extra())
    const sent = performance.now()
    const response = await fetch(baseUrl + path, {
      ...init,
      ...own,
      signal: AbortSignal.timeout(timeoutMs),
      cache: 'no-store',
    }).catch(cause => {
      throw new LikesUnreachable('no answer', { cause })
    })
    const { ok, status, headers } = response
    const error = (performance.now() - sent) / 2
    const at = sent + error
    const wall = Date.now()
    const time = Number(headers.get('onecount-time'))
    const isTimed = isNatural(time) && time > 0 && clock.note(time, error, at)
    const body = await response.json().catch(() => undefined)
    let refusal: Error | undefined
    later(({ heed }) => {
      refusal = heed({ response, body, isWrite: !!init, at, error, wall }, isTimed, clock, heldUntil)
    })
    // A body that ended early says nothing, whatever came before it.
    if (body !== undefined || status >= 500) {
      hasAnswered = true
      isPostgresAlone = headers.get('onecount-redis') === 'off'
      if (ok && body) return { ...body, session: headers.get('onecount-session') ?? undefined }
    }
    throw refusal ?? new LikesUnreachable(`status ${status}`)
  }

  const request: typeof send = (path, init) => inOrder(() => send(path, init))

  /** What Postgres says alone is worth what Redis would say, whatever a page's payload has called it. */
  function worthOf<T extends LikeInput>(state: T): T {
    return isPostgresAlone && state.source === 'postgres' ? { ...state, source: 'redis' } : state
  }

  return {
    address: baseUrl,

    async read(postIds) {
      const found = new Map<string, LikeInput>()
      for (let i = 0; i < postIds.length; i += MAX_IDS) {
        const ids = postIds.slice(i, i + MAX_IDS).map(encodeURIComponent)
        const { likes, session } = await request(`?ids=${ids.join()}`)
        if (!likes || typeof likes !== 'object') throw new LikesUnreachable('no likes')
        for (const [postId, state] of Object.entries(likes))
          found.set(postId, { ...worthOf(state), session: session as string | undefined })
      }
      return found
    },

    async write(postId, liked, op, { ack, madeBy } = {}) {
      const body: unknown = await request(`/${encodeURIComponent(postId)}`, {
        method: liked ? 'PUT' : 'DELETE',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ op, ack, madeBy }),
        keepalive: true,
      })
      return worthOf(body as LikeInput & { op: number })
    },

    now: () => Math.round(clock.now() * 1000),
    clock,
    waitMs: () => waitFor(2),
  }
}
