import { type NextFetchEvent, type NextProxy, type NextRequest, NextResponse } from 'next/server.js'
import { isSecure } from '../http/origin'
import {
  openSession,
  SECURE_SESSION_COOKIE,
  SESSION_COOKIE,
  serializeSessionCookie,
  withSessionCookie,
} from '../http/session'
import { visitorIp } from './address'
import { isOpenedPage } from './documents'
import type { Parts } from './parts'
import { sessionSecret } from './secret'

/** What a proxy answers, as Next takes it. */
export type ProxyAnswer = Awaited<ReturnType<NextProxy>>

/** What Next gives a proxy beside the request. Auth.js gives its proxies the type of a route handler, which has `params`. */
export type ProxyEvent = NextFetchEvent & {
  /** Those of a route: there are none in a proxy. */
  readonly params: Promise<never>
}

/** A proxy of the application's own, as Next takes one. */
export type ProxyFunction<R extends ProxyAnswer | Promise<ProxyAnswer>> = (
  request: NextRequest,
  event: ProxyEvent,
) => R

/** `onecount.withSession`: wraps a proxy of your own, or is the proxy where there is none. */
export type WithSession = <R extends ProxyAnswer | Promise<ProxyAnswer> = undefined>(
  proxy?: ProxyFunction<R>,
) => (
  request: NextRequest,
  event?: NextFetchEvent,
) => R extends Promise<unknown> ? Promise<Response> : Response

/**
 * Gives a visitor without a valid session cookie a new session, for the browser to keep and for this very request:
 * already the first render reads the likes of the session that the first press will write. Waits for no store.
 *
 * `proxy` is the application's own and sees the request with that session. Whatever it answers stays as it is; what goes
 * on to a page is rendered with the session even where `proxy` hands on other headers.
 */
export function createWithSession(parts: Parts): WithSession {
  const withSession = (proxy?: ProxyFunction<ProxyAnswer | Promise<ProxyAnswer>>) => {
    return (request: NextRequest, event?: NextFetchEvent): Response | Promise<Response> => {
      const session = sessionToSet(request, parts)
      if (session) hold(request, session)
      const answer = proxy?.(request, event as ProxyEvent)
      const finish = (response: ProxyAnswer) => bring(response ?? NextResponse.next(), request, session)
      return answer instanceof Promise ? answer.then(finish) : finish(answer)
    }
  }
  return withSession as WithSession
}

/**
 * The cookie's new value where this answer has to set it. An address that has made too many sessions gets the page
 * without one: counts are shown, and the first press asks for one again.
 */
function sessionToSet(request: NextRequest, { config, env, shared, limiter }: Parts): string | null {
  if (config.anonymous === false || !isOpenedPage(request)) return null
  const { value, origin } = openSession(request.headers.get('cookie'), sessionSecret(env, shared), {
    secure: isSecure(request),
  })
  if (origin === 'current') return null
  if (origin === 'new' && limiter().take({ new: visitorIp(request.headers, env) })) return null
  return value
}

/** As if the browser had sent it. The parsed cookies know it too; the header keeps the others as they came. */
function hold(request: NextRequest, session: string): void {
  const header = withSessionCookie(request.headers.get('cookie'), session)
  request.cookies.delete(SECURE_SESSION_COOKIE)
  request.cookies.set(SESSION_COOKIE, session)
  request.headers.set('cookie', header)
}

/** For the browser, and for the page that is rendered. */
function bring(answer: Response, request: NextRequest, session: string | null): Response {
  if (!session) return answer
  // A redirect made by Response.redirect has headers that cannot be changed.
  const response = answer instanceof NextResponse ? answer : new Response(answer.body, answer)
  const { headers } = response
  if (headers.has('x-middleware-next') || headers.has('x-middleware-rewrite'))
    handOn(headers, request, session)
  headers.append('set-cookie', serializeSessionCookie(session, { secure: isSecure(request) }))
  headers.set('cache-control', 'private, no-store')
  return response
}

/** Next reads what a page is rendered with from headers of the answer: all of the request's, where one is changed. */
function handOn(headers: Headers, request: NextRequest, session: string): void {
  const names = headers.get('x-middleware-override-headers')
  if (names === null) {
    const own = NextResponse.next({ request: { headers: request.headers } }).headers
    for (const [name, value] of own) if (name !== 'x-middleware-next') headers.set(name, value)
    return
  }
  const cookie = withSessionCookie(headers.get('x-middleware-request-cookie'), session)
  headers.set('x-middleware-request-cookie', cookie)
  if (!names.split(',').includes('cookie')) headers.set('x-middleware-override-headers', `${names},cookie`)
}
