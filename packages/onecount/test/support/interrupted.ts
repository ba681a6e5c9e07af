import { type PostgresPort, type RedisPort, StoreUnavailable } from 'onecount'
import type { Ports } from './wire'

/** How a call fails: the store never gets it, the caller never gets the answer, or nothing is ever heard. */
export type Failure = 'never arrives' | 'answer lost' | 'hangs'

/**
 * Ports that record every call and fail where a test says so; everything else goes to the real stores.
 * Calls are named `redis.write`, `postgres.sync`; the store's name alone means all of its calls.
 */
export function interrupted(ports: Ports) {
  const calls: string[] = []
  let failing: { failure: Failure; names: string[]; once: boolean; after: number } | undefined

  async function call<T>(name: string, run: () => Promise<T>): Promise<T> {
    calls.push(name)
    const [store] = name.split('.') as ['redis' | 'postgres']
    let hit = failing?.names.some(n => n === name || n === store) ? failing : undefined
    if (hit && hit.after-- > 0) hit = undefined
    if (hit?.once) failing = undefined
    if (hit?.failure === 'never arrives') throw new StoreUnavailable(store, hit.failure)
    if (hit?.failure === 'hangs') return new Promise<never>(() => {})
    const answer = await run()
    if (hit) throw new StoreUnavailable(store, hit.failure)
    return answer
  }

  const redis: RedisPort = {
    run: (script, keys, args) => call(`redis.${script}`, () => ports.redis.run(script, keys, args)),
  }
  const postgres = new Proxy(ports.postgres, {
    get: (target, method: keyof PostgresPort) => {
      if (method === 'kind') return target.kind
      const run = target[method] as (...args: unknown[]) => Promise<unknown>
      return (...args: unknown[]) => call(`postgres.${method}`, () => run(...args))
    },
  })

  return {
    redis,
    postgres,
    calls,
    /** How often this was called. */
    count: (name: string) => calls.filter(called => called === name).length,
    fail(failure: Failure, ...names: string[]): void {
      failing = { failure, names, once: false, after: 0 }
    },
    failOnce(failure: Failure, name: string): void {
      failing = { failure, names: [name], once: true, after: 0 }
    },
    /** As `failOnce`, for the call after so many. */
    failAfter(failure: Failure, name: string, after: number): void {
      failing = { failure, names: [name], once: true, after }
    },
    restore(): void {
      failing = undefined
    },
  }
}

export type Interrupted = ReturnType<typeof interrupted>
