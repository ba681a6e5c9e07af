import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { OnecountError } from '../core/errors'
import type { Handler } from './handler'
import { errorResponse } from './responses'

/**
 * Mounts the handler on a plain `node:http` (or https) server, or in a framework that hands out Node's requests. It
 * reads the body itself, so it stands before whatever parses bodies.
 *
 * @example
 * createServer(nodeListener(handler)).listen(3000)
 * @example
 * app.use('/api', nodeListener(handler)) // Express
 */
export function nodeListener(handler: Handler): RequestListener {
  return (incoming, outgoing) => {
    void respond(handler, incoming, outgoing).catch(() => outgoing.destroy())
  }
}

async function respond(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const request = toRequest(incoming)
  const response = request
    ? await handler(request, { ip: incoming.socket.remoteAddress })
    : errorResponse(new OnecountError('invalid_request'))
  outgoing.statusCode = response.status
  outgoing.setHeaders(response.headers)
  // What the handler did not read of a body would be taken for the next request on this connection.
  if (!incoming.complete) outgoing.setHeader('connection', 'close')
  outgoing.end(response.body ? Buffer.from(await response.arrayBuffer()) : undefined)
}

/** What it says without its body, which stays to be read. Null when the Host header or the address is no part of a URL. */
export const toBodilessRequest = (incoming: IncomingMessage): Request | null => toRequest(incoming, false)

/** Null when the Host header or the address is no part of a URL. */
function toRequest(incoming: IncomingMessage, withBody = true): Request | null {
  const { method = 'GET', headers, socket } = incoming
  const url = addressOf(incoming)
  const base = `${'encrypted' in socket ? 'https' : 'http'}://${headers.host ?? 'localhost'}`
  if (!URL.canParse(url, base)) return null
  const isForbidden = FORBIDDEN.test(method)
  const hasBody =
    withBody &&
    !isForbidden &&
    method !== 'GET' &&
    method !== 'HEAD' &&
    (headers['transfer-encoding'] || headers['content-length'])
  const request = new Request(new URL(url, base), {
    method: isForbidden ? 'OPTIONS' : method,
    headers: toHeaders(headers),
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }),
  })
  return isForbidden ? Object.defineProperty(request, 'method', { value: method }) : request
}

/** Express takes the path that a handler is mounted at out of `url`. */
function addressOf({ url = '/', originalUrl }: IncomingMessage & { originalUrl?: unknown }): string {
  return typeof originalUrl === 'string' ? originalUrl : url
}

/** Methods that a Request refuses to have: the handler must see them to refuse them in the documented shape. */
const FORBIDDEN = /^(CONNECT|TRACE|TRACK)$/i

function toHeaders(incoming: IncomingMessage['headers']): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming))
    headers.set(name, Array.isArray(value) ? value.join(', ') : value!)
  return headers
}
