import { type IncomingMessage, Server, type ServerResponse } from 'node:http'
import { isBelow } from '../http/below'
import type { Handler } from '../http/handler'
import { nodeListener } from '../http/node'
import { doubtProxyHops } from '../http/proxy-doubt'
import { refuseRaw } from '../http/raw-refusals'
import { CONNECTION_HEADER, isHooked, proxyHops, setHooked } from './address'
import { isFlightRequest, NO_SESSION_HEADER } from './documents'
import type { Parts } from './parts'

/** Methods that Next hands on; with any other it fails before the application hears of the request. */
const NEXT_METHODS = /^(GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE)$/
/** A page takes no body: Next would wait for one, however long it does not come, and then render the page. */
const READ_METHODS = /^(GET|HEAD)$/

/**
 * Sees every request of this process' HTTP servers before Next does, for what a route or a proxy of Next cannot know or
 * do: the address of the connection, requests that Next answers with a bare 500, and the last word on caching.
 *
 * Next starts its server by itself, so its `request` event is taken where all servers have it.
 */
export function hookServers(parts: Parts, answer: Handler): void {
  if (isHooked()) return
  setHooked()
  const refuse = createRefusal(parts, answer)
  const emit = Server.prototype.emit
  const prepared = new WeakSet<Server>()
  Server.prototype.emit = function (this: Server, event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'connection' && !prepared.has(this)) {
      prepared.add(this)
      refuseRaw(this, parts.basePath)
    }
    if (event === 'request') {
      const [request, response] = args as [IncomingMessage, ServerResponse]
      request.url = originForm(request.url)
      stamp(request, parts)
      guard(request, response)
      if (refuse(request, response)) return true
    }
    return emit.apply(this, [event, ...args] as unknown as Parameters<typeof emit>)
  } as typeof emit
}

/** Says where the request came from, whatever it says of itself. */
function stamp(request: IncomingMessage, parts: Parts): void {
  const { headers, socket } = request
  const { remoteAddress } = socket
  if (headers['x-forwarded-for'] !== undefined) doubtHops(headers['x-forwarded-for'], remoteAddress, parts)
  delete headers[CONNECTION_HEADER]
  if (remoteAddress) headers[CONNECTION_HEADER] = remoteAddress
  delete headers[NO_SESSION_HEADER]
  if (isFlightRequest(request.url ?? '/', name => headers[name] !== undefined))
    headers[NO_SESSION_HEADER] = '1'
}

function doubtHops(
  forwarded: string | string[],
  connectionIp: string | undefined,
  { env, warnings }: Parts,
): void {
  try {
    const headers = new Headers({ 'x-forwarded-for': String(forwarded) })
    const doubt = doubtProxyHops(headers, { proxyHops: proxyHops(env), connectionIp })
    if (doubt) warnings.warn(doubt)
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

/** The address as servers get it: proxies, and clients that take this server for one, may write it with its origin. */
function originForm(url = '/'): string {
  const [absolute, path] = /^https?:\/\/[^/?#]*(.*)$/i.exec(url) ?? []
  if (absolute === undefined) return url
  return path!.startsWith('/') ? path! : `/${path}`
}

/** Answers what Next would answer with a bare 500 or 400, and what no page takes. */
function createRefusal({ basePath, config }: Parts, answer: Handler) {
  const answerApi = nodeListener(answer)
  const pageMethods = config.readOnlyPages ? READ_METHODS : NEXT_METHODS
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const { method = 'GET', url = '/' } = request
    const path = url.split(/[?#]/, 1)[0]!
    const isWellFormed = canDecode(path)
    const isApi = isBelow(basePath, path)
    if (isWellFormed && (isApi ? NEXT_METHODS : pageMethods).test(method)) return false
    if (isApi) answerApi(request, response)
    else refusePage(response, method, isWellFormed)
    return true
  }
}

function refusePage(response: ServerResponse, method: string, isWellFormed: boolean): void {
  const [status, text] = answerTo(method, isWellFormed)
  response.writeHead(status, {
    ...(text && { 'content-type': 'text/plain; charset=utf-8' }),
    'cache-control': 'private, no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(status !== 400 && { allow: 'GET, HEAD, OPTIONS' }),
  })
  response.end(method === 'HEAD' || !text ? undefined : `${text}\n`)
}

function answerTo(method: string, isWellFormed: boolean): [status: number, text?: string] {
  if (!isWellFormed) return [400, 'Bad Request']
  return method === 'OPTIONS' ? [204] : [405, 'Method Not Allowed']
}

function canDecode(path: string): boolean {
  try {
    return !decodeURIComponent(path).includes('\0')
  } catch {
    return false
  }
}
