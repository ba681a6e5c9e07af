import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Change, Column } from './changes'
import { Connection, type Hub } from './connection'

interface RealtimeOptions {
  publishableKey: string
  secretKey: string
}

/** A Realtime server that speaks to the official client: postgres_changes and broadcasts. */
export function createRealtime({ publishableKey, secretKey }: RealtimeOptions) {
  const connections = new Set<Connection>()
  const sockets = new WebSocketServer({ noServer: true })
  let columns = new Map<string, Column[]>()

  const hub: Hub = {
    broadcast(topic, payload, from) {
      for (const connection of connections) connection.broadcast(topic, payload, from)
    },
    columns: table => columns.get(table) ?? [],
  }

  return {
    /** Tells every client that asked for it. */
    changed(change: Change): void {
      for (const connection of connections) connection.changed(change)
    },

    describe(tables: Map<string, Column[]>): void {
      columns = tables
    },

    /** Takes over `/realtime/v1/websocket?apikey=…&vsn=…`; a wrong key is refused before the handshake. */
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      const url = new URL(request.url ?? '/', 'http://localhost')
      const key = url.searchParams.get('apikey')
      if (url.pathname !== '/realtime/v1/websocket') {
        refuse(socket, '404 Not Found')
        return
      }
      if (key !== publishableKey && key !== secretKey) {
        refuse(socket, '401 Unauthorized')
        return
      }
      const version = url.searchParams.get('vsn') === '2.0.0' ? '2.0.0' : '1.0.0'
      sockets.handleUpgrade(request, socket, head, ws => {
        const connection = new Connection(ws, version, hub)
        connections.add(connection)
        ws.on('close', () => connections.delete(connection))
        ws.on('error', () => ws.terminate())
      })
    },

    /** `POST /realtime/v1/api/broadcast` with `{ messages: [{ topic, event, payload }] }`: 202. */
    async broadcast(request: Request): Promise<Response> {
      if (request.headers.get('apikey') !== secretKey)
        return Response.json({ message: 'wrong key' }, { status: 401 })
      const body = (await request.json().catch(() => null)) as { messages?: BroadcastMessage[] } | null
      if (!Array.isArray(body?.messages)) return Response.json({ message: 'no messages' }, { status: 422 })
      for (const { topic, event, payload } of body.messages) {
        hub.broadcast(`realtime:${topic}`, { type: 'broadcast', event, payload }, null)
      }
      return new Response(null, { status: 202 })
    },

    close(): void {
      for (const { socket } of connections) socket.terminate()
      sockets.close()
    },
  }
}

interface BroadcastMessage {
  topic: string
  event: string
  payload: Record<string, unknown>
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
}
