import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Handler } from './handler'

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
  if (!request) {
    outgoing.writeHead(400).end()
    return
  }
  const response = await handler(request, { ip: incoming.socket.remoteAddress })
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
  if (!URL.canParse(url, base) || /^(CONNECT|TRACE|TRACK)$/.test(method)) return null
  const hasBody =
    method !== 'GET' && method !== 'HEAD' && (headers['transfer-encoding'] || headers['content-length'])
  return new Request(new URL(url, base), {
    method,
    headers: toHeaders(headers),
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }),
  })
}

function toHeaders(incoming: IncomingMessage['headers']): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming))
    headers.set(name, Array.isArray(value) ? value.join(', ') : value!)
  return headers
}
