import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { OnecountError } from '../core/errors'
import { isBelow } from './below'
import { errorReply } from './responses'

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
    write(socket, status, status === 405 && isBelow(basePath, path))
  server.on('connect', (request: IncomingMessage, socket: Duplex) => end(socket, 405, request.url ?? ''))
  server.on('clientError', (error: ParserError, socket: Duplex) => {
    if (!socket.writable) return void socket.destroy()
    const [, method, path = ''] =
      /^([\w!#$%&'*+.^`|~-]+) (\S+) HTTP/.exec(error.rawPacket?.toString('latin1') ?? '') ?? []
    if (error.code === 'HPE_INVALID_METHOD' && method) return end(socket, 405, path)
    end(socket, STATUS[error.code ?? ''] ?? 400, '')
  })
}

function write(socket: Duplex, status: number, isApi: boolean): void {
  const answer = isApi ? errorReply(new OnecountError('method_not_allowed')) : null
  const headers = Object.entries(answer?.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`)
  const body = String(answer?.body ?? '')
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.join('')}${isApi ? 'allow: GET, HEAD, PUT, DELETE, OPTIONS\r\n' : ''}connection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
