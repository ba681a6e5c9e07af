import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Handler } from '../../http/handler'
import { nodeListener } from '../../http/node'
import { doubtProxyHops } from '../../http/proxy-doubt'
import { refuseRaw } from '../../http/raw-refusals'
import { openPort, urlOf } from '../open-port'

/** Headers have to be there by then, the whole request soon after; milliseconds. Bodies have a deadline of their own. */
const HEADERS_MS = 10_000
const REQUEST_MS = 15_000
/** Longer than load balancers keep a connection, which would send a request into one that ends. */
const KEEP_ALIVE_MS = 65_000
/** Longer than any request takes: what is not answered by then never is. */
const LAST_ANSWERS_MS = 7000

export interface Listening {
  /** As browsers write it, with the base path. */
  url: string
  /** Takes no request more; resolves when those that had begun are answered, or cut off after 7 seconds. */
  stop(): Promise<void>
}

export interface ListenOptions {
  host: string
  port: number
  basePath: string
  handler: Handler
  proxyHops: number
  /** Told once of each thing that seems wrong with the settings. */
  warn(message: string): void
}

/** @throws MissingSetting where the port cannot be had */
export async function listen({
  host,
  port,
  basePath,
  handler,
  proxyHops,
  warn,
}: ListenOptions): Promise<Listening> {
  const answer = nodeListener(handler)
  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1000,
    },
    (incoming, outgoing) => {
      if (incoming.headers['x-forwarded-for'] !== undefined) doubtHops(incoming, proxyHops, warn)
      answer(incoming, outgoing)
    },
  )
  refuseRaw(server, basePath)
  const sockets = socketsOf(server)
  await openPort(server, { host, port, hostOption: '--host', portOption: '--port' })
  return {
    url: urlOf(server, host) + basePath,
    stop: () => closed(server, sockets),
  }
}

function doubtHops(
  { headers, socket }: IncomingMessage,
  proxyHops: number,
  warn: (line: string) => void,
): void {
  const head = { get: (name: string) => String(headers[name] ?? '') || null }
  const doubt = doubtProxyHops(head, { proxyHops, connectionIp: socket.remoteAddress })
  if (doubt) warn(doubt)
}

/** The open connections, as they are at any time. */
function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

async function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const ended = new Promise<void>(resolve => server.close(() => resolve()))
  const closeIdle = () => {
    // A connection that is kept is idle after its last answer.
    server.closeIdleConnections()
    // Node does not count one that a browser opened in advance and has sent nothing on.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  }
  const idle = setInterval(closeIdle, 50)
  const late = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS)
  closeIdle()
  await ended
  clearInterval(idle)
  clearTimeout(late)
}
