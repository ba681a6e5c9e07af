import { OnecountError } from '../core/errors'
import { assertBearer } from './bearer'
import type { HandlerOptions } from './handler'
import { createLimiter, type Limiter } from './limiter'
import { DEFAULT_LIMITS } from './limits'
import { isForeign, isSecure } from './origin'
import { parseIds, parsePostId, parseWrite } from './params'
import { json } from './responses'
import { openSession, serializeSessionCookie } from './session'

export interface Call {
  request: Request
  url: URL
  /** What limits by address count for. */
  ip: string | null
  /** Goes out with the answer, an error included. */
  headers: Record<string, string>
}

/** What an address takes, by method. */
export type Route = Record<string, (call: Call) => Promise<Response>>

/** The addresses below the base path, as a function of the rest of the path. */
export function createRoutes(options: HandlerOptions): (path: string) => Route | undefined {
  const { service, secret, trustedOrigins = [], drainSecret, drainBudgetMs = 5_000, now = Date.now } = options
  const limiter = createLimiter(options.limits ?? DEFAULT_LIMITS, { now })

  async function readLikes(call: Call): Promise<Response> {
    const ids = parseIds(call.url.searchParams)
    take(limiter, { read: call.ip })
    // A browser leaves the cookie out when another site's page asks: a new one must not replace it.
    const session = isForeign(call.request, trustedOrigins)
      ? null
      : openSession(call.request.headers.get('cookie'), secret)
    if (session && session.origin !== 'current') setCookie(call, session.value)
    const states = await service.read(ids, session?.sessionId ?? null)
    const likes = [...states].map(([id, { count, liked, rev, op, durable, source }]) => [
      id,
      { count, liked, rev, op, durable, source },
    ])
    return json(200, { likes: Object.fromEntries(likes) })
  }

  async function write(call: Call, segment: string, wanted: boolean): Promise<Response> {
    if (isForeign(call.request, trustedOrigins)) throw new OnecountError('forbidden_origin')
    const postId = parsePostId(segment)
    const params = await parseWrite(call.request, call.url.searchParams)
    const session = openSession(call.request.headers.get('cookie'), secret)
    take(limiter, { session: session.origin === 'new' ? null : session.sessionId, ip: call.ip, post: postId })
    // Set even if the write fails: its outcome may be unknown, and the retry has to come from the same session.
    setCookie(call, session.value)
    const state = await service.set(postId, session.sessionId, wanted, params)
    const { count, liked, rev, source, durable } = state
    return json(200, { postId, count, liked, rev, op: state.op, source, durable })
  }

  async function readHealth(): Promise<Response> {
    const { status, redis, postgres, pending, oldestPendingMs, unseen, refused, paused, lastDrainAt } =
      await service.health()
    const backlog = { pending, oldestPendingMs, unseen, refused, paused, lastDrainAt }
    const health = { status, redis, postgres, ...backlog }
    return json(status === 'down' ? 503 : 200, health)
  }

  async function drain({ request }: Call): Promise<Response> {
    assertBearer(request, drainSecret!)
    const { drained, more } = await service.drainOnce(drainBudgetMs)
    return json(200, { drained, more })
  }

  const routes: Record<string, Route> = {
    likes: { GET: readLikes, HEAD: readLikes },
    health: { GET: readHealth, HEAD: readHealth },
    ...(drainSecret && { drain: { GET: drain, POST: drain } }),
  }

  return path => {
    const [name, segment, ...rest] = path.replace(/\/$/, '').split('/')
    if (rest.length > 0) return undefined
    if (segment === undefined) return Object.hasOwn(routes, name!) ? routes[name!] : undefined
    if (name !== 'likes') return undefined
    return { PUT: call => write(call, segment, true), DELETE: call => write(call, segment, false) }
  }
}

function take(limiter: Limiter, keys: Parameters<Limiter['take']>[0]): void {
  const refusal = limiter.take(keys)
  if (!refusal) return
  const { kind, retryAfterMs } = refusal
  throw new OnecountError('too_many_requests', { detail: `limit: ${kind}`, retryAfterMs })
}

function setCookie({ request, headers }: Call, value: string): void {
  headers['set-cookie'] = serializeSessionCookie(value, { secure: isSecure(request) })
}
