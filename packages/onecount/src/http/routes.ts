import { OnecountError } from '../core/errors'
import { assertBearer } from './bearer'
import type { HandlerOptions } from './handler'
import { createLimiter, type Limiter, type LimitKeys } from './limiter'
import { DEFAULT_LIMITS } from './limits'
import { drainResponse, healthResponse } from './operations'
import { isForeign, isSecure } from './origin'
import { parseWrite } from './params'
import { json } from './responses'
import { type Served, serve } from './served'
import { serializeSessionCookie } from './session'
import { sharedLook } from './shared-look'
import { createVisitors, type Visitor } from './visitor'

/** The stores are asked for their health at most once in this time, milliseconds. */
const HEALTH_MS = 1000

export interface Call {
  request: Request
  url: URL
  /** What limits by address count for. */
  ip: string
  /** Goes out with the answer, an error included. */
  headers: Record<string, string>
  /** `Set-Cookie` headers, likewise. */
  cookies: string[]
}

/** What an address takes, by method. */
export type Route = Record<string, (call: Call) => Promise<Response>>

/** The addresses below the base path, as a function of the rest of the path. */
export function createRoutes(
  options: HandlerOptions,
  logError: (request: Request, error: unknown) => void,
): (path: string) => Route | undefined {
  const { service, trustedOrigins = [], drainSecret, now = Date.now } = options
  const { drainBudgetMs = 5_000, bodyTimeoutMs = 5_000 } = options
  const { main, kinds } = serve(service)
  const limiter = options.limiter ?? createLimiter(options.limits ?? DEFAULT_LIMITS, { now })
  const health = sharedLook(async () => {
    const lookedAt = new Date(now()).toISOString()
    return { ...(await service.health()), lookedAt }
  }, HEALTH_MS)

  const identify = createVisitors(options)

  /** Counts are shown also where it cannot be told who asks; hearts are unknown then. */
  async function reader({ request }: Call, { admit }: Served): Promise<Visitor> {
    // A browser leaves the cookie out when another site's page asks: a new one must not replace it.
    if (isForeign(request, trustedOrigins)) return { kind: 'nobody' }
    return identify(request)
      .then(admit)
      .catch(error => {
        logError(request, error)
        return { kind: 'nobody' }
      })
  }

  async function readLikes(call: Call, served: Served): Promise<Response> {
    const ids = served.postIds.parseList(call.url.searchParams)
    const visitor = await reader(call, served)
    const isNew = visitor.kind === 'anonymous' && visitor.origin === 'new'
    const [, hasNone] = await Promise.all([
      take(limiter, { read: call.ip }),
      isNew ? limiter.takeShared({ new: call.ip }) : null,
    ])
    const isKnown = visitor.kind !== 'nobody' && !hasNone
    if (isKnown && visitor.kind === 'anonymous' && visitor.origin !== 'current')
      setCookie(call, visitor.value)
    const states = await served.service.read(ids, isKnown ? visitor.sessionId : null)
    const likes = [...states].map(([id, { count, liked, rev, op, durable, source }]) => [
      id,
      { count, liked, rev, op, durable, source },
    ])
    return json(200, { likes: Object.fromEntries(likes) })
  }

  async function write(call: Call, served: Served, segment: string, wanted: boolean): Promise<Response> {
    if (isForeign(call.request, trustedOrigins)) throw new OnecountError('forbidden_origin')
    const postId = served.postIds.parseOne(segment)
    const params = await parseWrite(call.request, call.url.searchParams, bodyTimeoutMs)
    const visitor = served.admit(await identify(call.request))
    if (visitor.kind === 'nobody') throw new OnecountError('sign_in_required')
    const isNew = visitor.kind === 'anonymous' && visitor.origin === 'new'
    await take(limiter, {
      session: isNew ? null : visitor.sessionId,
      new: isNew ? call.ip : null,
      ip: call.ip,
      post: served.limitKey(postId),
    })
    // Set even if the write fails: its outcome may be unknown, and the retry has to come from the same session.
    if (visitor.kind === 'anonymous') setCookie(call, visitor.value)
    const state = await served.service.set(postId, visitor.sessionId, wanted, params)
    const { count, liked, rev, source, durable } = state
    return json(200, { postId, count, liked, rev, op: state.op, source, durable })
  }

  const readHealth = async () => healthResponse(await health(), options.warnings?.() ?? [])

  async function drain({ request }: Call): Promise<Response> {
    assertBearer(request, drainSecret!)
    return drainResponse(service, drainBudgetMs, error => logError(request, error))
  }

  const routes: Record<string, Route> = {
    health: { GET: readHealth, HEAD: readHealth },
    ...(drainSecret && { drain: { GET: drain, POST: drain } }),
  }

  /** What `{base}/likes` and `{base}/kinds/{name}` take, and the addresses of posts below them. */
  function routeOf(served: Served | undefined, [segment, ...rest]: string[]): Route | undefined {
    if (!served || rest.length > 0) return undefined
    const read = (call: Call) => readLikes(call, served)
    if (segment === undefined) return { GET: read, HEAD: read }
    return {
      PUT: call => write(call, served, segment, true),
      DELETE: call => write(call, served, segment, false),
    }
  }

  return path => {
    const [name, ...rest] = path.replace(/\/$/, '').split('/')
    if (name === 'likes') return routeOf(main, rest)
    if (name === 'kinds' && rest.length > 0) return routeOf(kinds.get(rest[0]!), rest.slice(1))
    return rest.length === 0 && Object.hasOwn(routes, name!) ? routes[name!] : undefined
  }
}

async function take(limiter: Limiter, keys: LimitKeys): Promise<void> {
  const refusal = await limiter.takeShared(keys)
  if (!refusal) return
  const { kind, retryAfterMs } = refusal
  throw new OnecountError('too_many_requests', { detail: `limit: ${kind}`, retryAfterMs })
}

function setCookie({ request, cookies }: Call, value: string): void {
  cookies.push(serializeSessionCookie(value, { secure: isSecure(request) }))
}
