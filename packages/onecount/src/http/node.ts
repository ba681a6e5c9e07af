import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { OnecountError } from '../core/errors'
import { type Answer, answerOf, type Handler, type HandlerInfo } from './handler'
import { fromIncoming, locationOf, withBody } from './node-request'
import { errorReply, fromResponse, type Reply } from './responses'

/**
 * Mounts the handler on a plain `node:http` (or https) server, or in a framework that hands out Node's requests. It
 * reads the body itself, so it stands before whatever parses bodies.
 *
 * Give it what `createHandler` returns, not a function around that: then it makes no web `Request` and `Response`,
 * which cost more than everything else of a like.
 *
 * @example
 * createServer(nodeListener(handler)).listen(3000)
 * @example
 * app.use('/api', nodeListener(handler)) // Express
 */
export function nodeListener(handler: Handler): RequestListener {
  const replyTo = answerOf(handler) ? directly(answerOf(handler)!) : throughRequests(handler)
  async function respond(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const info: HandlerInfo = {
      ip: incoming.socket.remoteAddress,
      // A client that has gone away meanwhile has closed it already.
      after: work => void (outgoing.closed ? work() : outgoing.once('close', work)),
    }
    send(
      (await replyTo(incoming, info)) ?? errorReply(new OnecountError('invalid_request')),
      incoming,
      outgoing,
    )
  }
  return (incoming, outgoing) => {
    void respond(incoming, outgoing).catch(() => outgoing.destroy())
  }
}

/** Null where the Host header or the address is no part of a URL. */
type ReplyTo = (incoming: IncomingMessage, info: HandlerInfo) => Promise<Reply> | null

const directly =
  (answer: Answer): ReplyTo =>
  (incoming, info) => {
    const request = fromIncoming(incoming)
    return request && answer(request, info)
  }

/** For a handler that is not that of `createHandler` itself, but a function around it. */
const throughRequests =
  (handler: Handler): ReplyTo =>
  (incoming, info) => {
    const location = locationOf(incoming)
    return location && handler(withBody(incoming, location), info).then(fromResponse)
  }

function send(
  { status, headers, cookies, body }: Reply,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  // What the handler did not read of a body would be parsed as the next request on this connection.
  if (!incoming.complete) headers.connection = 'close'
  if (body !== null) headers['content-length'] = String(Buffer.byteLength(body))
  // In one call: a name at a time costs more than all else that is done here.
  outgoing.writeHead(status, cookies.length > 0 ? { ...headers, 'set-cookie': [...cookies] } : headers)
  outgoing.end(body ?? undefined)
}
