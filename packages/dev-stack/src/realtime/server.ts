import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { refuseCaller } from '../supabase/gateway'
import type { Authorize, Role } from './authorization'
import type { Change, Column } from './changes'
import { Connection, type Hub } from './connection'
import { createBroadcastEndpoint } from './http'

interface RealtimeOptions {
  publishableKey: string
  secretKey: string
  /** Origins of pages that may listen: those of the application. */
  origins: ReadonlySet<string>
  /** Says who may do what on a private topic. */
  authorize: Authorize
}

/** The largest message of a client, bytes. */
const MAX_MESSAGE = 1024 * 1024

/** A Realtime server that speaks to the official client: postgres_changes and broadcasts, public and private. */
export function createRealtime({ publishableKey, secretKey, origins, authorize }: RealtimeOptions) {
  const connections = new Set<Connection>()
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE })
  let columns = new Map<string, Column[]>()

  const hub: Hub = {
    broadcast(message, from) {
      for (const connection of connections) connection.broadcast(message, from)
    },
    columns: table => columns.get(table) ?? [],
    authorize,
  }

  function roleOf(key: string | null): Role | null {
    if (key === secretKey) return 'service_role'
    return key === publishableKey ? 'anon' : null
  }

  /** The status that a handshake is refused with; null: it may go on. */
  function refusalOf(request: IncomingMessage): number | null {
    const url = addressOf(request)
    if (!url) return 400
    const refusal = refuseCaller({ headers: headersOf(request), url: url.href }, origins)
    if (refusal) return refusal.status
    if (url.pathname !== '/realtime/v1/websocket') return 404
    return roleOf(url.searchParams.get('apikey')) ? null : 401
  }

  return {
    /** Tells every client that asked for it. */
    changed(change: Change): void {
      for (const connection of connections) connection.changed(change)
    },

    describe(tables: Map<string, Column[]>): void {
      columns = tables
    },

    /**
     * Takes over `/realtime/v1/websocket?apikey=…&vsn=…`; a wrong key and a page of another site are refused before the
     * handshake.
     */
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      socket.on('error', () => socket.destroy())
      const status = refusalOf(request)
      if (status !== null) {
        socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`)
        return
      }
      const { searchParams } = addressOf(request)!
      const version = searchParams.get('vsn') === '2.0.0' ? '2.0.0' : '1.0.0'
      const role = roleOf(searchParams.get('apikey'))!
      sockets.handleUpgrade(request, socket, head, ws => {
        const connection = new Connection(ws, version, role, hub)
        connections.add(connection)
        ws.on('close', () => connections.delete(connection))
        ws.on('error', () => ws.terminate())
      })
    },

    broadcast: createBroadcastEndpoint(hub, roleOf),

    close(): void {
      for (const { socket } of connections) socket.terminate()
      sockets.close()
    },
  }
}

function addressOf({ headers, url }: IncomingMessage): URL | null {
  const address = `http://${headers.host}${url}`
  return URL.canParse(address) ? new URL(address) : null
}

const headersOf = ({ headers }: IncomingMessage) =>
  new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]))
