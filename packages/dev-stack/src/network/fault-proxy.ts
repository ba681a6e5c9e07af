import { createConnection, createServer, type Socket } from 'node:net'
import { cutFrames, type Protocol } from './frames'

/** What a network does to a connection. */
export const LINK_FAULTS = [
  'request dropped',
  'reply dropped',
  'delayed',
  'half-open',
  'duplicated',
  'reset in mid-reply',
] as const
export type LinkFault = (typeof LINK_FAULTS)[number]

/** How likely it is that bytes which pass meet the fault. */
const CHANCE = 0.3
const DELAY_MS = 120
/** How long a connection that lost bytes stays silent before it is reset, milliseconds. */
const SILENCE_MS = 400

interface Connection {
  client: Socket
  server: Socket
  /** Nothing passes any more, and neither end knows. */
  isSilent: boolean
  /** A request of which only a part has come. */
  partial: Buffer
  /** When the last delayed bytes arrive, milliseconds since 1970. */
  busyUntil: number
}

/** Waits for one request, and acts in the place of its reply. */
export interface Trap {
  /** Whether bytes of a client are the request. */
  isRequest(data: Buffer): boolean
  /** Whether bytes of the server say that it was carried out; others pass. */
  isDone(data: Buffer): boolean
  /** The request was carried out, and its reply is never sent. */
  strike(): void
}

/** The only way between two programs: a TCP proxy that does to it what a network may. */
export class FaultProxy {
  #fault: LinkFault | null = null
  /** How often a fault was met. */
  injected = 0
  /** How many connections were made. */
  accepted = 0
  /** Every reply arrives so much later, milliseconds. */
  replyDelayMs = 0
  #isCut = false
  #trap: (Trap & { connection?: Connection }) | null = null
  readonly #connections = new Set<Connection>()
  readonly #server = createServer(client => this.#accept(client))

  private constructor(
    /** The port of the program behind it. */
    private target: number,
    /** Whose requests can be duplicated; null for a protocol with state, whose requests cannot. */
    private readonly protocol: Protocol | null,
  ) {}

  static async to(target: number, protocol: Protocol | null): Promise<FaultProxy> {
    const link = new FaultProxy(target, protocol)
    await new Promise<void>(resolve => link.#server.listen(0, '127.0.0.1', resolve))
    return link
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  /** From now on bytes that pass meet this fault now and then, until `heal`. */
  inject(fault: LinkFault): void {
    this.#fault = fault
  }

  /** Ends the fault. Resets connections that have lost bytes; a half-open one stays: only its ends can detect it. */
  heal(): void {
    const wasHalfOpen = this.#fault === 'half-open'
    this.#fault = null
    this.#isCut = false
    for (const connection of this.#connections) if (connection.isSilent && !wasHalfOpen) reset(connection)
  }

  /** From now on no byte passes on the present connections, in either direction, and neither end is told. */
  silence(): void {
    for (const connection of this.#connections) connection.isSilent = true
  }

  /** As `silence`, and for connections that are made from now on too, until it is healed. */
  cut(): void {
    this.#isCut = true
    this.silence()
  }

  get isCut(): boolean {
    return this.#isCut
  }

  /** Lets one request through and keeps its reply, once. */
  arm(trap: Trap): void {
    this.#trap = { ...trap }
  }

  /** Removes the trap, if it has not struck yet. */
  disarm(): void {
    this.#trap = null
  }

  get isArmed(): boolean {
    return this.#trap !== null
  }

  /** New connections lead elsewhere; those that are open stay where they are, as after a change in DNS. */
  lead(port: number): void {
    this.target = port
  }

  /** From now on leads elsewhere. */
  retarget(port: number): void {
    this.lead(port)
    for (const connection of this.#connections) reset(connection)
  }

  close(): void {
    for (const connection of this.#connections) reset(connection)
    this.#server.close()
  }

  #accept(client: Socket): void {
    this.accepted++
    const server = createConnection(this.target, '127.0.0.1')
    const connection = { client, server, isSilent: this.#isCut, partial: Buffer.alloc(0), busyUntil: 0 }
    this.#connections.add(connection)
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        if (connection.isSilent && socket === server) return
        other.destroy()
        this.#connections.delete(connection)
      })
    }
    client.on('data', data => this.#fromClient(connection, data))
    server.on('data', data => this.#fromServer(connection, data))
  }

  #fromClient(connection: Connection, data: Buffer): void {
    if (connection.isSilent) return
    if (this.#meets('request dropped') || this.#meets('half-open')) {
      this.#silence(connection)
      return
    }
    if (this.protocol && this.#fault === 'duplicated') this.#duplicate(connection, data)
    if (this.#trap?.isRequest(data)) this.#trap.connection = connection
    this.#pass(connection, connection.server, data)
  }

  #fromServer(connection: Connection, data: Buffer): void {
    if (connection.isSilent || this.#springs(connection, data)) return
    if (this.#meets('reply dropped')) this.#silence(connection)
    else if (this.#meets('reset in mid-reply')) {
      connection.isSilent = true
      connection.client.write(data.subarray(0, Math.ceil(data.length / 2)), () => reset(connection))
    } else this.#pass(connection, connection.client, data, this.replyDelayMs)
  }

  /** Whether this reply is the one that the trap keeps. */
  #springs(connection: Connection, reply: Buffer): boolean {
    const trap = this.#trap
    if (trap?.connection !== connection || !trap.isDone(reply)) return false
    this.#trap = null
    connection.isSilent = true
    trap.strike()
    return true
  }

  #meets(fault: LinkFault): boolean {
    if (this.#fault !== fault || Math.random() > CHANCE) return false
    this.injected++
    return true
  }

  #silence(connection: Connection): void {
    connection.isSilent = true
    if (this.#fault !== 'half-open') setTimeout(() => reset(connection), SILENCE_MS).unref()
  }

  #pass(connection: Connection, to: Socket, data: Buffer, least = 0): void {
    const delay = Math.max(least, this.#meets('delayed') ? DELAY_MS : 0)
    connection.busyUntil = Math.max(connection.busyUntil, Date.now() + delay)
    const wait = connection.busyUntil - Date.now()
    if (wait <= 0) to.write(data)
    else setTimeout(() => to.write(data), wait)
  }

  /** Sends whole requests a second time, on a connection of their own; their answers are discarded. */
  #duplicate(connection: Connection, data: Buffer): void {
    const { frames, rest } = cutFrames(this.protocol!, Buffer.concat([connection.partial, data]))
    connection.partial = rest
    const again = frames.filter(() => this.#meets('duplicated'))
    if (again.length === 0) return
    const side = createConnection(this.target, '127.0.0.1', () => {
      side.write(Buffer.concat(again))
      setTimeout(() => side.destroy(), SILENCE_MS).unref()
    })
    side.on('error', () => {})
    side.resume()
  }
}

function reset({ client, server }: Connection): void {
  client.resetAndDestroy()
  server.destroy()
}
