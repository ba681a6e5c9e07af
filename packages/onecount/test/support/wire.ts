import { type PostgresPort, type RedisPort, StoreUnavailable } from 'onecount'

/**
 * What becomes of a call: it is answered, it never arrives, its answer is lost, it arrives after the caller has given
 * up, or it arrives a second time.
 */
export type Fate = 'answered' | 'never arrives' | 'answer lost' | 'arrives late' | 'arrives twice'
export const FATES: Fate[] = ['answered', 'never arrives', 'answer lost', 'arrives late', 'arrives twice']

type Store = 'redis' | 'postgres'
interface Call {
  instance: number
  store: Store
  /** Runs it on the real store. */
  deliver(): Promise<unknown>
  resolve(answer: unknown): void
  reject(error: unknown): void
}

export interface Ports {
  redis: RedisPort
  postgres: PostgresPort
}

/** Told of everything that reached a store, also when the caller never hears of it. */
export type Observer = (store: Store, method: string, args: unknown[], answer: unknown) => void

/**
 * The ports with every call held until a test lets it go on: calls of several procedures interleave as the test
 * decides, and fail as it decides, on real stores.
 */
export function createWire(ports: Ports, observe: Observer) {
  const waiting: Call[] = []
  const held: Call[] = []
  const down = new Set<string>()
  let open = false

  function call(instance: number, store: Store, method: string, args: unknown[]): Promise<unknown> {
    const deliver = async () => {
      const port = ports[store] as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
      const answer = await port[method]!(...args)
      observe(store, method, args, answer)
      return answer
    }
    if (open) return deliver()
    return new Promise((resolve, reject) => waiting.push({ instance, store, deliver, resolve, reject }))
  }

  const redisOf = (instance: number): RedisPort => ({
    run: (...args) => call(instance, 'redis', 'run', args) as ReturnType<RedisPort['run']>,
  })

  const postgresOf = (instance: number): PostgresPort =>
    new Proxy({} as PostgresPort, {
      get: (_, method) =>
        method === 'kind'
          ? undefined
          : (...args: unknown[]) => call(instance, 'postgres', String(method), args),
    })

  async function finish(one: Call, fate: Fate): Promise<void> {
    const lost = () => one.reject(new StoreUnavailable(one.store, fate))
    if (down.has(one.store) || down.has(`${one.instance} ${one.store}`)) fate = 'never arrives'
    if (fate === 'arrives late' || fate === 'arrives twice') held.push(one)
    if (fate === 'never arrives' || fate === 'arrives late') return lost()
    try {
      const answer = await one.deliver()
      if (fate === 'answer lost') lost()
      else one.resolve(answer)
    } catch (error) {
      one.reject(error)
    }
  }

  /** Until everybody who can go on waits for a call again. */
  const settled = () => new Promise(resolve => setImmediate(resolve))

  return {
    /** The ports of one instance of the application. */
    ports: (instance: number): Ports => ({
      redis: redisOf(instance),
      postgres: postgresOf(instance),
    }),

    /** Lets one of the waiting calls go on. */
    async step(which: number, fate: Fate): Promise<void> {
      const [one] = waiting.splice(which % Math.max(1, waiting.length), 1)
      if (!one) return
      await finish(one, fate)
      await settled()
    },

    /** A call that arrives after its caller has given up, or once more. */
    async deliverHeld(which: number): Promise<void> {
      const [one] = held.splice(which % Math.max(1, held.length), 1)
      await one?.deliver().catch(() => {})
    },

    /** The process is gone: what it waited for is never answered, what it was about to send is not sent. */
    forget(instance: number): void {
      for (let i = waiting.length - 1; i >= 0; i--)
        if (waiting[i]!.instance === instance) waiting.splice(i, 1)
    },

    /** A store that is unreachable, for one instance or for all. */
    setDown(store: Store, isDown: boolean, instance?: number): void {
      const name = instance === undefined ? store : `${instance} ${store}`
      if (isDown) down.add(name)
      else down.delete(name)
    },

    /** Everything works again: late calls arrive, and from now on calls go straight through. */
    async heal(): Promise<void> {
      down.clear()
      while (held.length > 0) await this.deliverHeld(0)
      while (waiting.length > 0) await this.step(0, 'answered')
      open = true
    },
  }
}

export type Wire = ReturnType<typeof createWire>
