import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { OnecountError } from '../core/errors'
import { errorResponse } from '../http/responses'
import { isBelow } from './address'

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
export function refuseRaw(server: Server, basePath: string): void {
  const end = (socket: Duplex, status: number, path: string) =>
    void write(socket, status, status === 405 && isBelow(basePath, path))
  server.on('connect', (request: IncomingMessage, socket: Duplex) => end(socket, 405, request.url ?? ''))
  server.on('clientError', (error: ParserError, socket: Duplex) => {
    if (!socket.writable) return void socket.destroy()
    const [, method, path = ''] =
      /^([\w!#$%&'*+.^`|~-]+) (\S+) HTTP/.exec(error.rawPacket?.toString('latin1') ?? '') ?? []
    if (error.code === 'HPE_INVALID_METHOD' && method) return end(socket, 405, path)
    end(socket, STATUS[error.code ?? ''] ?? 400, '')
  })
}

async function write(socket: Duplex, status: number, isApi: boolean): Promise<void> {
  const answer = isApi
    ? errorResponse(new OnecountError('method_not_allowed'))
    : new Response(null, { status })
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}\r\n`)
  const body = await answer.text()
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.join('')}${isApi ? 'allow: GET, HEAD, PUT, DELETE, OPTIONS\r\n' : ''}connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
