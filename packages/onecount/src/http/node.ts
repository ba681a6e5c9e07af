import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { OnecountError } from '../core/errors'
import type { Handler } from './handler'
import { errorResponse } from './responses'

/**
 * Mounts the handler on a plain `node:http` (or https) server: `createServer(nodeListener(handler))`. It needs no
 * framework; a custom server may also put it in front of one and hand on what lies outside of the API.
 */
export function nodeListener(handler: Handler): RequestListener {
  return (incoming, outgoing) => {
    void respond(handler, incoming, outgoing).catch(() => outgoing.destroy())
  }
}

async function respond(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const request = toRequest(incoming)
  const response = request
    ? await handler(request, {
        ip: incoming.socket.remoteAddress,
        after: work => void outgoing.once('close', work),
      })
    : errorResponse(new OnecountError('invalid_request'))
  outgoing.statusCode = response.status
  outgoing.setHeaders(response.headers)
  // What the handler did not read of a body would be taken for the next request on this connection.
  if (!incoming.complete) outgoing.setHeader('connection', 'close')
  outgoing.end(response.body ? Buffer.from(await response.arrayBuffer()) : undefined)
}

/** Null when the Host header or the address is no part of a URL. */
function toRequest(incoming: IncomingMessage): Request | null {
  const { method = 'GET', headers, socket, url = '/' } = incoming
  const base = `${'encrypted' in socket ? 'https' : 'http'}://${headers.host ?? 'localhost'}`
  if (!URL.canParse(url, base)) return null
  const isForbidden = FORBIDDEN.test(method)
  const hasBody =
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

/** Methods that a Request refuses to have: the handler must see them to refuse them in the documented shape. */
const FORBIDDEN = /^(CONNECT|TRACE|TRACK)$/i

function toHeaders(incoming: IncomingMessage['headers']): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming))
    headers.set(name, Array.isArray(value) ? value.join(', ') : value!)
  return headers
}
