import { OnecountError } from '../core/errors'
import type { LikeState } from '../core/types'
import { assertBearer, hasBearer } from './bearer'
import type { HandlerOptions } from './handler'
import { healthResponse, publicHealth } from './health'
import { createLimiter, type Limiter, type LimitKeys, type Refusal } from './limiter'
import { DEFAULT_LIMITS } from './limits'
import { drainResponse } from './operations'
import { isCrossSite, isSecure } from './origin'
import { parseWrite } from './params'
import type { ApiRequest, RequestHead } from './request'
import { json, type Reply, text } from './responses'
import { type Served, serve } from './served'
import { serializeSessionCookie } from './session'
import { SESSION_HEADER, sessionTag } from './session-tag'
import { sharedLook } from './shared-look'
import { createVisitors, type Visitor } from './visitor'

/** The stores are asked for their health at most once in this time, milliseconds. */
const HEALTH_MS = 1000

export interface Call {
  request: ApiRequest
  /** What limits by address count for. */
  ip: string
  /** Goes out with the answer, an error included. */
  headers: Record<string, string>
  /** `Set-Cookie` headers, likewise. */
  cookies: string[]
  /** There may be a press that one of the stores has not been told of. */
  hasPressed: boolean
}

/** What an address takes, by method. */
export type Route = Record<string, (call: Call) => Promise<Reply>>

/** Every address below the base path, `*` for a name or an id. `docs/openapi.json` describes each. */
export const ADDRESSES = ['likes', 'likes/*', 'kinds/*', 'kinds/*/*', 'health', 'drain', 'metrics'] as const
export type Address = (typeof ADDRESSES)[number]

/** Finds what an address takes, by its path below the base path. */
export function createRoutes(
  options: HandlerOptions,
  logError: (request: RequestHead, error: unknown) => void,
): (path: string) => Route | undefined {
  const { service, trustedOrigins = [], drainSecret, metrics, metricsSecret, now = Date.now } = options
  const { drainBudgetMs = 5_000, bodyTimeoutMs = 5_000 } = options
  const { main, kinds } = serve(service)
  const limiter = options.limiter ?? createLimiter(options.limits ?? DEFAULT_LIMITS, { now })
  const health = sharedLook(async () => {
    const lookedAt = new Date(now()).toISOString()
    return { ...(await service.health()), lookedAt }
  }, HEALTH_MS)

  const identify = createVisitors(options)

  /** Who asks; `null`: that cannot be told. Counts are shown all the same, and hearts are unknown then. */
  async function reader({ request }: Call, { admit }: Served): Promise<Visitor | null> {
    // A browser leaves the cookie out when another site's page asks: a new one must not replace it.
    if (isCrossSite(request, trustedOrigins)) return null
    return identify(request)
      .then(admit)
      .catch(error => {
        logError(request, error)
        return null
      })
  }

  async function readLikes(call: Call, served: Served): Promise<Reply> {
    const { service, postIds } = served
    const page = service.likedBy && postIds.parsePage(call.request.location.searchParams)
    if (page) return readOwn(call, served, page)
    const ids = postIds.parseList(call.request.location.searchParams)
    // Before the application is asked who it is.
    await take(limiter, { read: call.ip })
    const visitor = await reader(call, served)
    const isNew = visitor?.kind === 'anonymous' && visitor.origin === 'new'
    // A HEAD sets no cookie, and begins no session.
    const isHead = call.request.method === 'HEAD'
    const hasNone = isNew && (isHead || (await limiter.takeShared({ new: call.ip })) !== null)
    const known = hasNone ? null : visitor
    if (known) call.headers[SESSION_HEADER] = sessionTag(idOf(known))
    if (known?.kind === 'anonymous' && known.origin !== 'current' && !isHead) setCookie(call, known.value)
    const states = await service.read(ids, known && idOf(known))
    const likes = Object.fromEntries([...states].map(([id, state]) => [id, shown(state)]))
    return json(200, { likes: postIds.spellAsAsked(call.request.location.searchParams, likes) })
  }

  /** What the session itself likes: no request can name another one. */
  async function readOwn(
    call: Call,
    { service, admit }: Served,
    page: { after: string | null; limit: number },
  ): Promise<Reply> {
    if (isCrossSite(call.request, trustedOrigins)) throw new OnecountError('forbidden_origin')
    await take(limiter, { read: call.ip })
    const visitor = admit(await identify(call.request))
    if (visitor.kind === 'none') throw new OnecountError('sign_in_required')
    // A visitor without a session has pressed nothing, and gets one with the first press.
    if (visitor.kind === 'anonymous' && visitor.origin === 'new') return json(200, { likes: [], next: null })
    call.headers[SESSION_HEADER] = sessionTag(visitor.sessionId)
    const { likes, next } = await service.likedBy!(visitor.sessionId, page)
    return json(200, { likes: likes.map(state => ({ postId: state.postId, ...shown(state) })), next })
  }

  /** Who presses. `madeBy`: who made the press, by the tag of the session. */
  async function presser(call: Call, { admit }: Served, madeBy: string | undefined) {
    const visitor = admit(await identify(call.request))
    const tag = sessionTag(idOf(visitor))
    // A session that no cookie holds yet is not told: only an answer that sets its cookie begins it.
    const isNew = visitor.kind === 'anonymous' && visitor.origin === 'new'
    if (!isNew) call.headers[SESSION_HEADER] = tag
    // Before all else: who made it may like, and is asked to sign in again.
    if (madeBy !== undefined && madeBy !== tag) throw new OnecountError('session_changed')
    if (visitor.kind === 'none') throw new OnecountError('sign_in_required')
    return visitor
  }

  async function write(call: Call, served: Served, segment: string, wanted: boolean): Promise<Reply> {
    if (isCrossSite(call.request, trustedOrigins)) throw new OnecountError('forbidden_origin')
    const postId = served.postIds.parseOne(segment)
    const { madeBy, ...params } = await parseWrite(
      call.request,
      call.request.location.searchParams,
      bodyTimeoutMs,
    )
    if (limiter.check) refuse(limiter.check({ ip: call.ip }))
    // What is refused before the limits are taken from counts for the address all the same: the application was asked.
    const visitor = await presser(call, served, madeBy).catch(error => {
      limiter.take({ ip: call.ip })
      throw error
    })
    const isNew = visitor.kind === 'anonymous' && visitor.origin === 'new'
    await take(limiter, {
      session: isNew ? null : visitor.sessionId,
      new: isNew ? call.ip : null,
      ip: call.ip,
      post: served.limitKey(postId),
    })
    call.headers[SESSION_HEADER] = sessionTag(visitor.sessionId)
    // Set even if the write fails: its outcome may be unknown, and the retry has to come from the same session.
    if (visitor.kind === 'anonymous') setCookie(call, visitor.value)
    call.hasPressed = true
    const state = await served.service.set(postId, visitor.sessionId, wanted, params)
    // One that Postgres took alone is news to Redis.
    call.hasPressed = !state.durable || state.source === 'postgres'
    const { count, liked, rev, source, durable } = state
    return json(200, { postId, count, liked, rev, op: state.op, source, durable, private: state.private })
  }

  /** An operator, by one of the secrets of operators, sees what private kinds have on their way too. */
  const isOperator = (request: RequestHead) =>
    metricsSecret === false ||
    [drainSecret, metricsSecret].some(secret => secret !== undefined && hasBearer(request, secret))
  const isPrivate = (name: string) => (name ? kinds.get(name) : main)?.service.kind?.isPrivate === true

  async function readHealth({ request }: Call): Promise<Reply> {
    const looked = await health()
    const shown = isOperator(request) ? looked : publicHealth(looked, isPrivate)
    return healthResponse(shown, options.warnings?.() ?? [])
  }

  async function drain({ request }: Call): Promise<Reply> {
    assertBearer(request, drainSecret!)
    return drainResponse(service, drainBudgetMs, error => logError(request, error))
  }

  async function scrape({ request }: Call): Promise<Reply> {
    if (metricsSecret) assertBearer(request, metricsSecret)
    return text(metrics!.contentType, await metrics!.text())
  }

  /** What a list of likes takes; undefined where there is no such kind. */
  function listOf(served: Served | undefined): Route | undefined {
    if (!served) return undefined
    const read = (call: Call) => readLikes(call, served)
    return { GET: read, HEAD: read }
  }

  /** What the address of one post takes. */
  function postOf(served: Served | undefined, segment: string): Route | undefined {
    if (!served) return undefined
    return {
      PUT: call => write(call, served, segment, true),
      DELETE: call => write(call, served, segment, false),
    }
  }

  const routes: Record<Address, (...segments: string[]) => Route | undefined> = {
    likes: () => listOf(main),
    'likes/*': postId => postOf(main, postId!),
    'kinds/*': name => listOf(kinds.get(name!)),
    'kinds/*/*': (name, postId) => postOf(kinds.get(name!), postId!),
    health: () => ({ GET: readHealth, HEAD: readHealth }),
    drain: () => (drainSecret ? { GET: drain, POST: drain } : undefined),
    metrics: () => (metrics && metricsSecret !== undefined ? { GET: scrape, HEAD: scrape } : undefined),
  }

  return path => {
    const [name, ...segments] = path.replace(/\/$/, '').split('/')
    const address = name + '/*'.repeat(segments.length)
    return Object.hasOwn(routes, address) ? routes[address as Address](...segments) : undefined
  }
}

const idOf = (visitor: Visitor): string | null => (visitor.kind === 'none' ? null : visitor.sessionId)

/** `private` is left out of other kinds' answers. */
const shown = ({ count, liked, rev, op, durable, source, private: isPrivate }: LikeState) => {
  return { count, liked, rev, op, durable, source, private: isPrivate }
}

async function take(limiter: Limiter, keys: LimitKeys): Promise<void> {
  refuse(await limiter.takeShared(keys))
}

function refuse(refusal: Refusal | null): void {
  if (!refusal) return
  const { kind, retryAfterMs } = refusal
  throw new OnecountError('too_many_requests', { detail: `limit: ${kind}`, retryAfterMs })
}

function setCookie({ request, cookies }: Call, value: string): void {
  // Only pages of trusted origins come so far.
  const crossSite = request.headers.get('sec-fetch-site') === 'cross-site'
  cookies.push(serializeSessionCookie(value, { secure: isSecure(request), crossSite }))
}
