import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { OnecountError } from '../core/errors'
import { type Answer, answerOf, type Handler } from './handler'
import { fromIncoming, locationOf, withBody } from './node-request'
import { errorReply, fromResponse, type Reply } from './responses'

/**
 * Mounts the handler on a plain `node:http` (or https) server: `createServer(nodeListener(handler))`. It needs no
 * framework; a custom server may also put it in front of one and hand on what lies outside of the API.
 *
 * Give it what `createHandler` returns, not a function around that: then it makes no web `Request` and `Response`, which
 * cost more than everything else of a like.
 */
export function nodeListener(handler: Handler): RequestListener {
  const replyTo = answerOf(handler) ? directly(answerOf(handler)!) : throughRequests(handler)
  async function respond(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    send((await replyTo(incoming)) ?? errorReply(new OnecountError('invalid_request')), incoming, outgoing)
  }
  return (incoming, outgoing) => {
    void respond(incoming, outgoing).catch(() => outgoing.destroy())
  }
}

/** Null where the Host header or the address is no part of a URL. */
type ReplyTo = (incoming: IncomingMessage) => Promise<Reply> | null

const directly =
  (answer: Answer): ReplyTo =>
  incoming => {
    const request = fromIncoming(incoming)
    return request && answer(request, { ip: incoming.socket.remoteAddress })
  }

/** For a handler that is not that of `createHandler` itself, but a function around it. */
const throughRequests =
  (handler: Handler): ReplyTo =>
  incoming => {
    const location = locationOf(incoming)
    if (!location) return null
    return handler(withBody(incoming, location), { ip: incoming.socket.remoteAddress }).then(fromResponse)
  }

function send(
  { status, headers, cookies, body }: Reply,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  // What the handler did not read of a body would be taken for the next request on this connection.
  if (!incoming.complete) headers.connection = 'close'
  if (body !== null) headers['content-length'] = String(Buffer.byteLength(body))
  // In one call: a name at a time costs more than all else that is done here.
  outgoing.writeHead(status, cookies.length > 0 ? { ...headers, 'set-cookie': [...cookies] } : headers)
  outgoing.end(body ?? undefined)
}
