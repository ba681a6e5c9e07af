import type { WebSocket } from 'ws'
import type { Authorize, Permissions, Role } from './authorization'
import { type Binding, type Change, type Column, changePayload, checked, matches } from './changes'
import { decode, encode, type Message, type Version } from './protocol'

interface Channel {
  joinRef: string | null
  bindings: (Binding & { id: number })[]
  /** Whether a client hears its own broadcasts. */
  self: boolean
  /** Whether its broadcasts are acknowledged. */
  ack: boolean
  /** Null: the channel is public, and everybody may send. */
  permissions: Permissions | null
}

interface JoinConfig {
  postgres_changes?: Binding[]
  broadcast?: { self?: boolean; ack?: boolean }
  private?: boolean
}

/** A broadcast message. A public and a private channel of one topic hear nothing of each other. */
export interface Broadcast {
  topic: string
  isPrivate: boolean
  payload: Record<string, unknown>
}

/** What a connection may ask of the server. */
export interface Hub {
  broadcast(message: Broadcast, from: Connection | null): void
  columns(table: string): Column[]
  authorize: Authorize
}

/** Bytes that a client may leave unread. */
const MAX_UNREAD = 8 * 1024 * 1024

let nextBindingId = 1

/** One client: its socket and the channels that it has joined. */
export class Connection {
  readonly #channels = new Map<string, Channel>()
  /** By topic, the join that waits for Postgres. */
  readonly #joining = new Map<string, Message>()

  constructor(
    readonly socket: WebSocket,
    readonly version: Version,
    /** What the key of the handshake stands for. */
    readonly role: Role,
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

  broadcast({ topic, isPrivate, payload }: Broadcast, from: Connection | null): void {
    const channel = this.#channels.get(topic)
    if (!channel || isPrivate !== (channel.permissions !== null)) return
    if (from !== this || channel.self) this.#send(topic, 'broadcast', payload)
  }

  #receive(message: Message): void {
    const { topic, event } = message
    if (event === 'heartbeat') this.#reply(message)
    else if (event === 'phx_join') this.#join(message)
    else if (event === 'phx_leave') {
      this.#channels.delete(topic)
      this.#joining.delete(topic)
      this.#reply(message)
      this.#send(topic, 'phx_close', {}, message.joinRef)
    } else if (event === 'broadcast') {
      const channel = this.#channels.get(topic)
      // Hosted Realtime does not answer one who may not send either.
      if (!channel || channel.permissions?.sends === false) return
      const isPrivate = channel.permissions !== null
      this.hub.broadcast({ topic, isPrivate, payload: message.payload }, this)
      if (channel.ack) this.#reply(message)
    }
    // access_token needs no answer: a key cannot change its role. Presence is not carried.
  }

  #join(message: Message): void {
    const config = (message.payload.config ?? {}) as JoinConfig
    const bindings = (config.postgres_changes ?? []).map(binding => ({
      ...checked(binding),
      id: nextBindingId++,
    }))
    const { self = false, ack = false } = config.broadcast ?? {}
    const channel = { joinRef: message.joinRef ?? message.ref, bindings, self, ack }
    const token = message.payload.access_token
    // A key says what the key of the handshake has said.
    if (typeof token === 'string' && !token.startsWith('sb_'))
      this.#refuse(message, 'MalformedJWT: The token provided is not a valid JWT')
    else if (config.private) this.#joinPrivate(message, channel)
    else this.#joined(message, { ...channel, permissions: null })
  }

  /** Joins if the policies of `realtime.messages` let this role hear of the topic. */
  async #joinPrivate(message: Message, channel: Omit<Channel, 'permissions'>): Promise<void> {
    const { topic } = message
    this.#joining.set(topic, message)
    const name = nameOf(topic)
    const permissions = await this.hub.authorize(name, this.role).catch(() => null)
    // It has left meanwhile, or has asked again.
    if (this.#joining.get(topic) !== message) return
    this.#joining.delete(topic)
    if (permissions?.hears) this.#joined(message, { ...channel, permissions })
    else if (!permissions) this.#refuse(message, 'UnableToSetPolicies: the database cannot be asked')
    else
      this.#refuse(
        message,
        `Unauthorized: You do not have permissions to read from this Channel topic: ${name}`,
      )
  }

  /** The reply echoes the bindings in their order, each with its id: the client matches them by position. */
  #joined(message: Message, channel: Channel): void {
    const { topic } = message
    const { bindings } = channel
    this.#channels.set(topic, channel)
    this.#reply(message, { postgres_changes: bindings })
    if (bindings.length === 0) return
    this.#send(topic, 'system', {
      channel: nameOf(topic),
      extension: 'postgres_changes',
      message: 'Subscribed to PostgreSQL',
      status: 'ok',
    })
  }

  #refuse({ joinRef, ref, topic }: Message, reason: string): void {
    const payload = { status: 'error', response: { reason } }
    this.#write({ joinRef, ref, topic, event: 'phx_reply', payload })
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

const nameOf = (topic: string) => topic.replace('realtime:', '')
