import type { PostgresPort, RedisPort } from '../src/core/ports'

export type StoreName = 'redis' | 'postgres'

/** What can become of a message on its way. */
export type Fate = 'arrives' | 'request lost' | 'reply lost' | 'late' | 'twice'

/** A call of one instance to one store. Each of its two ways is a step of its own, so that anything can interleave. */
export interface Call {
  id: number
  instance: string
  store: StoreName
  /** The script, or the method of the port. */
  name: string
  args: unknown[]
  /** The commands of a request to Redis over REST, which travel together. */
  commands?: UnsentCall[]
  execute(): Promise<unknown>
  resolve(answer: unknown): void
  reject(error: unknown): void
}

export type UnsentCall = Omit<Call, 'resolve' | 'reject'>

/** A request that a store may get, or an answer that an instance may get. */
export type Message =
  | { kind: 'request'; call: Call }
  | { kind: 'reply'; call: Call; answer: unknown }
  | { kind: 'error'; call: Call; error: unknown }
/** A request whose caller has given up, or one that is there a second time. */
export interface Straggler {
  call: Call
  dueAt: number
}

/** A procedure of an instance that waits. */
export interface Sleeper {
  instance: string
  dueAt: number
  wake(): void
}

/** Everything that is on its way between instances and stores. */
export class Network {
  messages: Message[] = []
  stragglers: Straggler[] = []
  sleepers: Sleeper[] = []
  #lastId = 0

  constructor(
    private readonly stores: { redis: RedisPort; postgres: PostgresPort },
    private readonly executed: (call: Call, answer: unknown) => void,
  ) {}

  /** The ports of one instance of the application. */
  ports(instance: string): { redis: RedisPort; postgres: PostgresPort } {
    const postgres = new Proxy({} as PostgresPort, {
      get: (_, method) =>
        method === 'kind'
          ? this.stores.postgres.kind
          : (...args: unknown[]) => this.send(this.callOf(instance, 'postgres', String(method), args)),
    })
    const run = (script: string, ...rest: unknown[]) =>
      this.send(this.callOf(instance, 'redis', script, rest))
    return { redis: { run } as RedisPort, postgres }
  }

  /** A call that is not on its way yet. */
  callOf(instance: string, store: StoreName, name: string, args: unknown[]): UnsentCall {
    const execute = () =>
      store === 'redis'
        ? this.stores.redis.run(name as never, ...(args as [string[], string[]]))
        : (this.stores.postgres[name as keyof PostgresPort] as (...args: unknown[]) => Promise<unknown>)(
            ...args,
          )
    return { id: ++this.#lastId, instance, store, name, args, execute }
  }

  send(call: UnsentCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.messages.push({ kind: 'request', call: { ...call, resolve, reject } })
    })
  }

  /** Lets the store do it. */
  async execute(call: Call): Promise<unknown> {
    const answer = await call.execute()
    this.executed(call, answer)
    return answer
  }

  /** Whatever an instance waits for never comes: its process is gone. What it has sent may still arrive. */
  forget(instance: string): Call[] {
    const sent = this.messages.flatMap(message =>
      message.call.instance === instance && message.kind === 'request' ? [message.call] : [],
    )
    this.messages = this.messages.filter(message => message.call.instance !== instance)
    this.sleepers = this.sleepers.filter(sleeper => sleeper.instance !== instance)
    return sent
  }
}
