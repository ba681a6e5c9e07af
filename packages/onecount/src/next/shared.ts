/** What all bundles of one process share: Next loads a module several times, into routes, pages, proxy and instrumentation. */
export interface Shared {
  /** What is kept under `key`, made by the first that asks. What `make` throws is not kept. */
  once<T>(key: string, make: () => T): T
}

/** Kept on `globalThis`, under `Symbol.for('<name>.<key>')`. */
export function createShared(name = 'onecount'): Shared {
  const slots = globalThis as unknown as Record<symbol, unknown>
  return {
    once<T>(key: string, make: () => T): T {
      const slot = Symbol.for(`${name}.${key}`)
      if (slots[slot] === undefined) slots[slot] = make()
      return slots[slot] as T
    },
  }
}
