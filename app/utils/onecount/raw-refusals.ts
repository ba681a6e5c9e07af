import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { OnecountError } from 'onecount'
import { errorResponse } from 'onecount/http'

/** What Node answers where it has a request that it cannot read. */
const STATUS: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }

interface ParserError extends Error {
  code?: string
  rawPacket?: Buffer
}

/**
 * Answers what never becomes a request: CONNECT, which Node ends without a word, and methods that its parser does not
 * know. An address of the API is answered in the documented shape; anything else as Node does.
 */
export function refuseRaw(server: Server): void {
  server.on('connect', (request: IncomingMessage, socket: Duplex) => {
    void end(socket, 405, request.url ?? '')
  })
  server.on('clientError', (error: ParserError, socket: Duplex) => {
    if (!socket.writable) return void socket.destroy()
    const [, method, path = ''] =
      /^([\w!#$%&'*+.^`|~-]+) (\S+) HTTP/.exec(error.rawPacket?.toString('latin1') ?? '') ?? []
    if (error.code === 'HPE_INVALID_METHOD' && method) return void end(socket, 405, path)
    void end(socket, STATUS[error.code ?? ''] ?? 400, '')
  })
}

async function end(socket: Duplex, status: number, path: string): Promise<void> {
  const isApi = status === 405 && /^\/api(\/|\?|$)/.test(path)
  const answer = isApi
    ? errorResponse(new OnecountError('method_not_allowed'))
    : new Response(null, { status })
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}\r\n`)
  const body = await answer.text()
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.join('')}${isApi ? 'allow: GET, HEAD, PUT, DELETE, OPTIONS\r\n' : ''}connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
