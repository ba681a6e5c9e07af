import type { IncomingMessage } from 'node:http'
import { OnecountError } from '../core/errors'
import { clientIp, UNKNOWN_IP } from './client-ip'
import { createErrorLog } from './error-log'
import type { HandlerOptions } from './handler'
import { createLimiter } from './limiter'
import { DEFAULT_LIMITS } from './limits'
import { fromIncoming } from './node-request'
import { isOpenedPage } from './opened-page'
import { isSecure } from './origin'
import { type PageLikes, readPageLikes, unknownLikes } from './page-likes'
import { type ApiRequest, fromRequest } from './request'
import { serve } from './served'
import { parseSecrets, serializeSessionCookie } from './session'
import { createVisitors } from './visitor'

/** What pages share with the API: the same object may be given to `createHandler`. */
export type PagesOptions = Pick<
  HandlerOptions,
  'service' | 'secret' | 'session' | 'anonymous' | 'limits' | 'limiter' | 'proxyHops' | 'now' | 'log'
>

/** A page that is about to be rendered, for one session. */
export interface OpenedPage {
  /**
   * Whose hearts the page shows: the id of a signed-in person or of the anonymous session, a new one too. Null: no person is
   * signed in where only people who are may like, or the request gets no session (a prefetch, too many from one address).
   */
  readonly sessionId: string | null
  /**
   * For the page's answer: `cache-control`, as no shared cache may keep a page with a person's hearts, and `set-cookie`
   * where the session is new. A page with cookies of its own appends this one.
   */
  readonly headers: Readonly<Record<string, string>>
  /**
   * Counts and hearts of this moment, in one round trip to Redis per 250 posts. Posts that do not exist are absent; what
   * cannot be read is unknown (`count: null`), never 0. Never rejects.
   *
   * @param kind of which likes; where left out the main kind, which is `like`, else the first of the configuration
   * @throws OnecountError `misconfigured` where there is no such kind
   */
  readLikes(ids: readonly string[], kind?: string): Promise<Map<string, PageLikes>>
}

/** What the server knows of a request beside it. */
export interface PageInfo {
  /**
   * The connection's address, where a `Request` is given.
   * @default that of the socket, where there is one
   */
  ip?: string
}

/**
 * The page that a request opens.
 * @throws OnecountError `unavailable` where `session` of the options fails; `invalid_request` for a request whose address
 * cannot be read
 */
export type OpenPage = (request: Request | IncomingMessage, info?: PageInfo) => Promise<OpenedPage>

/**
 * Sessions and likes of the pages that a server renders: a visitor without a valid session cookie gets one with the page,
 * so already the first HTML shows the hearts of the session that the first press will write.
 *
 * @example
 * const options = { service: engine, secret: process.env.ONECOUNT_SECRET, limiter: createLimiter(DEFAULT_LIMITS) }
 * const handler = createHandler(options)
 * const openPage = createPages(options)
 *
 * const page = await openPage(request)
 * const likes = await page.readLikes(posts.map(post => post.id))
 * return new Response(render(posts, likes), { headers: { 'content-type': 'text/html', ...page.headers } })
 *
 * @throws OnecountError `misconfigured` when the secret is missing or too short
 */
export function createPages(options: PagesOptions): OpenPage {
  const { service, proxyHops = 0, now = Date.now } = options
  const secrets = options.anonymous === false && !options.secret ? [] : parseSecrets(options.secret)
  const limiter = options.limiter ?? createLimiter(options.limits ?? DEFAULT_LIMITS, { now })
  const logError = createErrorLog({ log: options.log, now, secrets })
  const identify = createVisitors(options)
  const { main, kinds } = serve(service)

  function servedOf(kind: string | undefined) {
    const served = kind === undefined ? main : kinds.get(kind)
    if (served) return served
    throw new OnecountError('misconfigured', { field: 'kind', detail: `there is no kind ${kind}` })
  }

  return async (opened, info) => {
    // Some servers have a Request of their own.
    const request = 'socket' in opened ? fromIncoming(opened) : fromRequest(opened)
    if (!request) throw new OnecountError('invalid_request')
    const connectionIp = info?.ip ?? ('socket' in opened ? opened.socket.remoteAddress : undefined)
    const ip = clientIp(request.headers, { proxyHops, connectionIp }) ?? UNKNOWN_IP
    const headers: Record<string, string> = { 'cache-control': 'private, no-store' }
    const sessionId = await sessionOf(request, ip, headers)

    return {
      sessionId,
      headers,
      async readLikes(ids, kind) {
        const { service } = servedOf(kind)
        if (ids.length === 0) return new Map()
        return readPageLikes(service, ids, sessionId).catch(error => {
          logError(request, error)
          return unknownLikes(ids)
        })
      },
    }
  }

  async function sessionOf(
    request: ApiRequest,
    ip: string,
    headers: Record<string, string>,
  ): Promise<string | null> {
    const visitor = await identify(request)
    if (visitor.kind === 'none') return null
    if (visitor.kind === 'person' || visitor.origin === 'current') return visitor.sessionId
    const isNew = visitor.origin === 'new'
    if (!isOpenedPage(request)) return isNew ? null : visitor.sessionId
    // Decided here: a page waits for no shared bucket.
    if (isNew && limiter.take({ new: ip })) return null
    headers['set-cookie'] = serializeSessionCookie(visitor.value, { secure: isSecure(request) })
    return visitor.sessionId
  }
}
