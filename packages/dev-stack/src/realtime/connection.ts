import type { WebSocket } from 'ws'
import { type Binding, type Change, type Column, changePayload, checked, matches } from './changes'
import { decode, encode, type Message, type Version } from './protocol'

interface Channel {
  joinRef: string | null
  bindings: (Binding & { id: number })[]
  /** Whether a client hears its own broadcasts. */
  self: boolean
  /** Whether its broadcasts are acknowledged. */
  ack: boolean
}

/** What a connection may ask of the server. */
export interface Hub {
  broadcast(topic: string, payload: Record<string, unknown>, from: Connection | null): void
  columns(table: string): Column[]
}

/** Bytes that a client may leave unread. */
const MAX_UNREAD = 8 * 1024 * 1024

let nextBindingId = 1

/** One client: its socket and the channels that it has joined. */
export class Connection {
  readonly #channels = new Map<string, Channel>()

  constructor(
    readonly socket: WebSocket,
    readonly version: Version,
    readonly hub: Hub,
  ) {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      try {
        this.#receive(decode(data, isBinary, version))
      } catch {
        socket.close(1003, 'not a message of this protocol')
      }
    })
  }

  changed(change: Change): void {
    for (const [topic, { bindings }] of this.#channels) {
      const ids = bindings.filter(binding => matches(binding, change)).map(binding => binding.id)
      if (ids.length === 0) continue
      const columns = this.hub.columns(`${change.schema}.${change.table}`)
      this.#send(topic, 'postgres_changes', changePayload(change, ids, columns))
    }
  }

  broadcast(topic: string, payload: Record<string, unknown>, from: Connection | null): void {
    const channel = this.#channels.get(topic)
    if (channel && (from !== this || channel.self)) this.#send(topic, 'broadcast', payload)
  }

  #receive(message: Message): void {
    const { topic, event } = message
    if (event === 'heartbeat') this.#reply(message)
    else if (event === 'phx_join') this.#join(message)
    else if (event === 'phx_leave') {
      this.#channels.delete(topic)
      this.#reply(message)
      this.#send(topic, 'phx_close', {}, message.joinRef)
    } else if (event === 'broadcast') {
      const channel = this.#channels.get(topic)
      if (!channel) return
      this.hub.broadcast(topic, message.payload, this)
      if (channel.ack) this.#reply(message)
    }
    // access_token and presence need no answer here: nothing that is published is private.
  }

  /** The reply echoes the bindings in their order, each with its id: the client matches them by position. */
  #join(message: Message): void {
    const config = (message.payload.config ?? {}) as {
      postgres_changes?: Binding[]
      broadcast?: { self?: boolean; ack?: boolean }
    }
    const bindings = (config.postgres_changes ?? []).map(binding => ({
      ...checked(binding),
      id: nextBindingId++,
    }))
    const { self = false, ack = false } = config.broadcast ?? {}
    this.#channels.set(message.topic, { joinRef: message.joinRef ?? message.ref, bindings, self, ack })
    this.#reply(message, { postgres_changes: bindings })
    if (bindings.length === 0) return
    this.#send(message.topic, 'system', {
      channel: message.topic.replace('realtime:', ''),
      extension: 'postgres_changes',
      message: 'Subscribed to PostgreSQL',
      status: 'ok',
    })
  }

  #reply({ joinRef, ref, topic }: Message, response: Record<string, unknown> = {}): void {
    this.#write({ joinRef, ref, topic, event: 'phx_reply', payload: { status: 'ok', response } })
  }

  #send(topic: string, event: string, payload: Record<string, unknown>, joinRef: string | null = null): void {
    this.#write({ joinRef, ref: null, topic, event, payload })
  }

  #write(message: Message): void {
    const { socket } = this
    // A client that reads no more keeps what it is sent in our memory.
    if (socket.bufferedAmount > MAX_UNREAD) socket.terminate()
    if (socket.readyState === socket.OPEN) socket.send(encode(message, this.version))
  }
}
