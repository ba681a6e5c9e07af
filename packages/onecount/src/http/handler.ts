import { OnecountError } from '../core/errors'
import { createAfterDrain } from './after-drain'
import { parseDrainSecret, parseMetricsSecret } from './bearer'
import { clientIp, UNKNOWN_IP } from './client-ip'
import { createErrorLog } from './error-log'
import type { Limiter } from './limiter'
import type { Limits } from './limits'
import { corsHeaders, isSecure, parseOrigin } from './origin'
import type { Exposition, KindsService, LikesService } from './ports'
import { type ApiRequest, fromRequest } from './request'
import { errorReply, noContent, type Reply, TIME_HEADER, toResponse } from './responses'
import { type Call, createRoutes } from './routes'
import { parseSecrets } from './session'
import type { PersonOf } from './visitor'

/** What `createHandler` takes. */
export interface HandlerOptions {
  /** One engine, or all kinds of a configuration: what `createOnecount` or `createEngines` makes. */
  service: LikesService | KindsService
  /**
   * Signs the session cookie, 32 characters or more; several, separated by commas, while one replaces another.
   * @default none, where `anonymous` is false alone
   */
  secret?: string
  /**
   * Signed-in people of the application.
   * @default none: everybody is anonymous, by the signed cookie
   */
  session?: PersonOf
  /**
   * `false`: who is not signed in reads counts alone, and a press is refused (`sign_in_required`, 401).
   * @default true
   */
  anonymous?: boolean
  /**
   * How many requests are accepted.
   * @default {@link DEFAULT_LIMITS}
   */
  limits?: Limits
  /**
   * Counts for the limits, where others share it: the pages of an application, that make sessions too.
   * @default one of its own
   */
  limiter?: Limiter
  /**
   * A request body that is not there after this time is refused, milliseconds.
   * @default 5000
   */
  bodyTimeoutMs?: number
  /**
   * Other origins whose pages may read and like, as `https://app.example.com`.
   * @default []
   */
  trustedOrigins?: readonly string[]
  /**
   * Bearer token of `{base}/drain`, 16 characters or more.
   * @default none: there is no such address
   */
  drainSecret?: string
  /**
   * How long one call of `{base}/drain`, or one drain behind an answer, goes on taking batches, milliseconds.
   * @default 5000
   */
  drainBudgetMs?: number
  /**
   * `after`: what a press leaves is drained behind its answer, by `after` of the request, for platforms where timers stop
   * with the answer.
   * @default none: `service.drain` runs, or a worker does
   */
  drain?: 'after'
  /**
   * What `{base}/metrics` answers.
   * @default none: there is no such address
   */
  metrics?: Exposition
  /**
   * Bearer token of `{base}/metrics`, 16 characters or more. `false`: everybody may read it, as in development.
   * @default none: there is no such address
   */
  metricsSecret?: string | false
  /**
   * Proxies in front that append to `X-Forwarded-For`; 0: the header is not believed.
   * @default 0
   */
  proxyHops?: number
  /**
   * Where the API is.
   * @default '/api'
   */
  basePath?: string
  /**
   * What seems wrong with the settings of this server, for `{base}/health` to say.
   * @default none
   */
  warnings?: () => string[]
  /**
   * Milliseconds since 1970.
   * @default `Date.now`
   */
  now?: () => number
  /**
   * Takes one line for a failure that is the server's; without secrets or session ids.
   * @default `console.error`
   */
  log?: (line: string) => void
}

/** One year. */
const HSTS_SECONDS = 365 * 24 * 60 * 60

/** What the server knows of a request beside it. */
export interface HandlerInfo {
  /**
   * The connection's address.
   * @default not known
   */
  ip?: string
  /**
   * Runs `work` once the answer is sent, and keeps the process until it has ended: `after` of Next.js, or
   * `work => waitUntil(work())`.
   * @default none: `drain: 'after'` drains before it answers
   */
  after?: (work: () => Promise<void>) => void
}

/** Answers every request, and never throws. */
export type Handler = (request: Request, info?: HandlerInfo) => Promise<Response>

/**
 * The HTTP API: likes, health and drain below `basePath`, as described in docs/http-api.md. Needs nothing but
 * Web-standard requests and responses and `node:crypto`, so any server can mount it.
 *
 * What a request is refused for is checked before the service is called: method, origin, form of the ids, body and
 * op, the limit of its address, who sends it, the other limits. Who that is, the server alone decides: `session` of
 * the options, else the signed cookie. A request without a valid one gets a new session with the answer, as long as
 * its address may have one: a read is answered without then, a press is refused.
 *
 * @example
 * const handler = createHandler({ service: createOnecount({ redis, postgres }), secret: process.env.ONECOUNT_SECRET })
 * createServer(nodeListener(handler)).listen(3000)
 *
 * @throws OnecountError `misconfigured` when a secret is missing or too short, or a trusted origin is none
 */
export function createHandler(options: HandlerOptions): Handler {
  const answer = createAnswer(options)
  const handler: Handler = async (request, info) => toResponse(await answer(fromRequest(request), info))
  ANSWERS.set(handler, answer)
  return handler
}

/** The same for a server that has no web requests. */
export type Answer = (request: ApiRequest, info?: HandlerInfo) => Promise<Reply>

const ANSWERS = new WeakMap<Handler, Answer>()

/** What `handler` is made of, where it is one of `createHandler` itself. */
export const answerOf = (handler: Handler): Answer | undefined => ANSWERS.get(handler)

function createAnswer(options: HandlerOptions): Answer {
  const { proxyHops = 0, basePath = '/api', now = Date.now } = options
  const drainSecret = parseDrainSecret(options.drainSecret)
  const metricsSecret = options.metricsSecret === false ? false : parseMetricsSecret(options.metricsSecret)
  const trustedOrigins = (options.trustedOrigins ?? []).map(parseOrigin)
  const secrets = options.anonymous === false && !options.secret ? [] : parseSecrets(options.secret)
  const errorLog = createErrorLog({
    log: options.log,
    now,
    secrets: [...secrets, drainSecret, metricsSecret].filter(secret => typeof secret === 'string'),
  })
  const findRoute = createRoutes({ ...options, trustedOrigins, drainSecret, metricsSecret }, errorLog)
  const { service, drainBudgetMs } = options
  // Without Redis nothing is pending.
  const afterDrain =
    options.drain === 'after' && service.hasRedis
      ? createAfterDrain(service, { budgetMs: drainBudgetMs, now })
      : null

  async function drainAfter({ request, hasPressed }: Call, after: HandlerInfo['after']): Promise<void> {
    if (!afterDrain?.isDue(hasPressed)) return
    const work = () => afterDrain.run(error => errorLog(request, error))
    if (after) after(work)
    else await work()
  }

  async function reply(call: Call): Promise<Reply> {
    const { method } = call.request
    const { pathname } = call.request.location
    const route = pathname.startsWith(`${basePath}/`)
      ? findRoute(pathname.slice(basePath.length + 1))
      : undefined
    if (!route) throw new OnecountError('not_found')
    if (method !== 'OPTIONS' && Object.hasOwn(route, method)) return route[method]!(call)
    call.headers.allow = [...Object.keys(route), 'OPTIONS'].join(', ')
    if (method === 'OPTIONS') return noContent()
    throw new OnecountError('method_not_allowed')
  }

  return async (request, info) => {
    const headers = corsHeaders(request, trustedOrigins)
    const cookies: string[] = []
    let answer: Reply
    try {
      const ip = clientIp(request.headers, { proxyHops, connectionIp: info?.ip }) ?? UNKNOWN_IP
      const call: Call = { request, ip, headers, cookies, hasPressed: false }
      answer = await reply(call).finally(() => drainAfter(call, info?.after))
    } catch (error) {
      errorLog(request, error)
      answer = errorReply(error)
    }
    if (!service.hasRedis) headers['onecount-redis'] = 'off'
    if (isSecure(request)) headers['strict-transport-security'] = `max-age=${HSTS_SECONDS}`
    headers[TIME_HEADER] = String(Math.round(now()))
    const body = request.method === 'HEAD' ? null : answer.body
    return { status: answer.status, headers: Object.assign(answer.headers, headers), cookies, body }
  }
}
