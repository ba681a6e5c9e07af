import { isAuthAddress } from '../auth/endpoint'
import { isBroadcastAddress } from '../realtime/http'
import { isLoopback } from '../services/loopback'

/** The largest body that is accepted, bytes. */
const MAX_BODY = 16 * 1024 * 1024

const METHODS = 'GET, HEAD, POST, PATCH, PUT, DELETE'
const EXPOSED = 'Content-Range, Content-Location, Preference-Applied'
const PREFLIGHT_SECONDS = '600'

interface GatewayOptions {
  /** Origins of pages that may call: those of the application. */
  origins: ReadonlySet<string>
  rest(request: Request): Promise<Response>
  auth(request: Request): Promise<Response>
  broadcast(request: Request): Promise<Response>
}

/**
 * What lies before the local Supabase: pages of the application and programs of this machine come through, pages of
 * other sites do not. Functions are called by POST alone: a GET is what a link or an image of another site can send.
 */
export function createGateway({ origins, rest, auth, broadcast }: GatewayOptions) {
  return async (request: Request): Promise<Response> => {
    const origin = request.headers.get('origin')
    const response = refuseCaller(request, origins) ?? (await route(request))
    return withCors(response, origin !== null && origins.has(origin) ? origin : null)
  }

  async function route(request: Request): Promise<Response> {
    const { method } = request
    const { pathname } = new URL(request.url)
    if (method === 'OPTIONS') return preflight(request)
    if (!METHODS.split(', ').includes(method)) return notAllowed(METHODS)
    if (isBroadcastAddress(pathname))
      return method === 'POST' ? withBody(request, broadcast) : notAllowed('POST')
    if (isAuthAddress(pathname)) return withoutCors(await withBody(request, auth))
    if (!pathname.startsWith('/rest/v1/')) return refuse(404, 'there is nothing at this address')
    if (/^\/rest\/v1\/+rpc\//.test(decode(pathname)) && method !== 'POST') return notAllowed('POST')
    return withoutCors(await withBody(keyInHeader(request), rest))
  }
}

/**
 * Refuses pages of other sites, and requests that reached loopback by the name of another host, as a site does that
 * answers with its own address first and with 127.0.0.1 afterwards.
 *
 * @returns the refusal; undefined: the caller may come through
 */
export function refuseCaller(
  request: { headers: Headers; url: string },
  origins: ReadonlySet<string>,
): Response | undefined {
  if (!isLoopback(new URL(request.url).hostname)) return refuse(421, 'this is for 127.0.0.1 and localhost')
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  const isForeign = origin === null ? site === 'cross-site' || site === 'same-site' : !origins.has(origin)
  return isForeign ? refuse(403, 'this is for pages of the application') : undefined
}

/** Keys that stand in the address, as hosted projects take them: a function would take them for an argument. */
function keyInHeader(request: Request): Request {
  const url = new URL(request.url)
  const key = url.searchParams.get('apikey')
  if (key === null) return request
  url.searchParams.delete('apikey')
  const moved = new Request(url, request)
  if (!moved.headers.has('apikey')) moved.headers.set('apikey', key)
  return moved
}

/** Reads the body before the database is asked: a body that does not come holds up nothing else. */
async function withBody(request: Request, next: (request: Request) => Promise<Response>): Promise<Response> {
  if (!request.body) return next(request)
  if (Number(request.headers.get('content-length')) > MAX_BODY) return tooLarge()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > MAX_BODY) return tooLarge()
    chunks.push(chunk)
  }
  const { method, headers, url } = request
  return next(new Request(url, { method, headers, body: Buffer.concat(chunks) }))
}

function preflight(request: Request): Response {
  const asked = request.headers.get('access-control-request-headers')
  return new Response(null, {
    status: 204,
    headers: {
      allow: METHODS,
      'access-control-allow-methods': METHODS,
      ...(asked && { 'access-control-allow-headers': asked }),
      'access-control-max-age': PREFLIGHT_SECONDS,
    },
  })
}

/** The origins that Supabase Lite lets in are all. */
function withoutCors(response: Response): Response {
  const headers = new Headers(response.headers)
  for (const name of response.headers.keys()) if (name.startsWith('access-control-')) headers.delete(name)
  return new Response(response.body, { status: response.status, headers })
}

function withCors(response: Response, origin: string | null): Response {
  const headers = new Headers(response.headers)
  headers.append('vary', 'Origin')
  if (origin !== null) {
    headers.set('access-control-allow-origin', origin)
    headers.set('access-control-expose-headers', EXPOSED)
  }
  return new Response(response.body, { status: response.status, headers })
}

const refuse = (status: number, message: string, headers?: HeadersInit) =>
  Response.json({ message }, { status, headers })

const tooLarge = () => refuse(413, `the body is larger than ${MAX_BODY} bytes`)

const notAllowed = (allow: string) => refuse(405, `this address takes ${allow}`, { allow })

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
