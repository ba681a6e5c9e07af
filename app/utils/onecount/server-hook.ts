import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import { doubtProxyHops, nodeListener } from 'onecount/http'
import { CONNECTION_HEADER, isHooked, proxyHops, setHooked } from './address'
import { isFlightRequest, NO_SESSION_HEADER } from './documents'
import { answer } from './http'
import { refuseRaw } from './raw-refusals'
import { warn } from './warnings'

/** Methods that Next hands on; with any other it fails before the application hears of the request. */
const METHODS = /^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)$/

/**
 * Sees every request of this process' HTTP servers before Next does, for what a route or a proxy of Next cannot know or
 * do: the address of the connection, requests that Next answers with a bare 500, and the last word on caching.
 *
 * Next starts its server by itself, so its `request` event is taken where all servers have it.
 */
export function hookServers(): void {
  if (isHooked()) return
  setHooked()
  const emit = Server.prototype.emit
  const prepared = new WeakSet<Server>()
  Server.prototype.emit = function (this: Server, event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'connection' && !prepared.has(this)) {
      prepared.add(this)
      refuseRaw(this)
    }
    if (event === 'request') {
      const [request, response] = args as [IncomingMessage, ServerResponse]
      stamp(request)
      guard(request, response)
      if (refuse(request, response)) return true
    }
    return emit.apply(this, [event, ...args] as unknown as Parameters<typeof emit>)
  } as typeof emit
}

/** Says where the request came from, whatever it says of itself. */
function stamp(request: IncomingMessage): void {
  const { headers, socket } = request
  const { remoteAddress } = socket
  if (headers['x-forwarded-for'] !== undefined) doubtHops(headers['x-forwarded-for'], remoteAddress)
  delete headers[CONNECTION_HEADER]
  if (remoteAddress) headers[CONNECTION_HEADER] = remoteAddress
  delete headers[NO_SESSION_HEADER]
  if (isFlightRequest(request.url ?? '/', name => headers[name] !== undefined))
    headers[NO_SESSION_HEADER] = '1'
}

function doubtHops(forwarded: string | string[], connectionIp: string | undefined): void {
  try {
    const headers = new Headers({ 'x-forwarded-for': String(forwarded) })
    const doubt = doubtProxyHops(headers, { proxyHops: proxyHops(), connectionIp })
    if (doubt) warn(doubt)
  } catch {
    // A setting that is not understood is said where the API is made; a header that cannot be read names no proxy.
  }
}

/** Whatever else sets headers: a cookie is for one person, and a body that was not read ends the connection. */
function guard(request: IncomingMessage, response: ServerResponse): void {
  const writeHead = response.writeHead
  response.writeHead = function (this: ServerResponse, ...args: unknown[]) {
    if (this.hasHeader('set-cookie')) this.setHeader('cache-control', 'private, no-store')
    if (!request.complete) this.setHeader('connection', 'close')
    return writeHead.apply(this, args as Parameters<typeof writeHead>)
  } as typeof writeHead
}

/** Answers what Next would answer with a bare 500 or 400. */
function refuse(request: IncomingMessage, response: ServerResponse): boolean {
  const { method = 'GET', url = '/' } = request
  const path = url.split(/[?#]/, 1)[0]!
  const isWellFormed = canDecode(path)
  if (METHODS.test(method) && isWellFormed) return false
  if (/^\/api(\/|$)/.test(path)) {
    nodeListener(answer)(request, response)
    return true
  }
  const [status, text] = isWellFormed ? [405, 'Method Not Allowed'] : [400, 'Bad Request']
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'private, no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(status === 405 && { allow: 'GET, HEAD' }),
  })
  response.end(method === 'HEAD' ? undefined : `${text}\n`)
  return true
}

function canDecode(path: string): boolean {
  try {
    return !decodeURIComponent(path).includes('\0')
  } catch {
    return false
  }
}
