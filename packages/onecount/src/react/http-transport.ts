import { isNatural } from './credible'
import { DEFAULT_ADDRESS } from './kind'
import { background, later } from './later'
import type { LikeInput } from './registers'
import { createServerClock } from './server-clock'
import { noteSession } from './session-change'
import { type LikesTransport, LikesUnreachable } from './transport'

/** Ids in one request, as the HTTP API takes them. */
const MAX_IDS = 100
/** A gateway's slip must not silence a page for days, milliseconds. */
const MAX_WAIT_MS = 60 * 60_000

/** What a wait that the server has asked for holds back: everything, all reads, or what no person waits for. */
const ALL = 0
const READS = 1
const BACKGROUND = 2

interface HttpTransportOptions {
  /** Where the likes API is mounted. Default: `/api/likes`. */
  baseUrl?: string
  /** Deadline of one request, milliseconds. Default: 8000. */
  timeoutMs?: number
  /**
   * What each request has beside, asked for each one: for an API at another origin its cookie, `credentials: 'include'`, or
   * a token in `headers`. Default: nothing.
   */
  extra?: () => Extra | Promise<Extra>
}

interface Extra {
  credentials?: RequestCredentials
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
  /** By `performance.now()`, for each of ALL, READS and BACKGROUND: each contains the ones before it. */
  const heldUntil = [0, 0, 0]
  /** No Redis is configured: Postgres is authoritative, and its answers are not behind. */
  let isPostgresAlone = false

  const waitOf = (what: number) => Math.max(0, heldUntil[what]! - performance.now())

  async function send(path: string, init?: RequestInit): Promise<Record<string, unknown>> {
    const pause = waitOf(init ? ALL : READS)
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
    const note = (time: unknown): time is number =>
      isNatural(time) && time > 0 && clock.note(time, error, sent + error)
    // The server's time stands in each of its answers; a cache or gateway in between may add a Date alone.
    if (!note(Number(headers.get('onecount-time')))) {
      const arrived = Date.now()
      later(({ noteDate }) => noteDate(clock, headers, arrived, sent + error, error))
    }

    const retryAfter = headers.get('retry-after') ?? ''
    const ms = /^\d+$/.test(retryAfter) ? 1000 * Number(retryAfter) : Date.parse(retryAfter) - clock.now()
    const retryAfterMs = ms > 0 ? Math.min(ms, MAX_WAIT_MS) : undefined
    if (retryAfterMs) {
      // 503 and the like hold everything back, 429 of a read all reads, any other read what no person waits for.
      const held = status >= 500 ? ALL : init ? Infinity : status >= 400 ? READS : BACKGROUND
      for (let what = held; what <= BACKGROUND; what++)
        heldUntil[what] = Math.max(heldUntil[what]!, performance.now() + retryAfterMs)
    }
    const body = await response.json().catch(() => undefined)
    // A body that ended early says nothing, whatever came before it.
    if (body !== undefined || status >= 500) {
      hasAnswered = true
      isPostgresAlone = headers.get('onecount-redis') === 'off'
      const session = headers.get('onecount-session') ?? undefined
      if (session) noteSession(baseUrl, session)
      if (ok && body) return { ...body, session }
    }
    throw (
      background?.refusalIn(body, { status, retryAfterMs, note }) ??
      new LikesUnreachable(`status ${status}`, { retryAfterMs })
    )
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

    async write(postId, liked, op, { ack } = {}) {
      const body: unknown = await request(`/${encodeURIComponent(postId)}`, {
        method: liked ? 'PUT' : 'DELETE',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ op, ack }),
        keepalive: true,
      })
      return worthOf(body as LikeInput & { op: number })
    },

    now: () => Math.round(clock.now() * 1000),
    clock,
    waitMs: () => waitOf(BACKGROUND),
  }
}
