import type { Call } from './network'
import { isLastSlice } from './script-calls'

/** Watches the batches: one in flight, each settled once and in the order in which Postgres applied them. */
export class Monitor {
  /** What each nonce has handed out, by nonce. */
  readonly #batches = new Map<string, string>()
  readonly #settled = new Set<string>()
  /** Nonces in the order in which Postgres has applied them, by partition. */
  readonly #applied = new Map<number, string[]>()

  /** A store has lost something: it may do again what it has done before. */
  reset(): void {
    this.#batches.clear()
    this.#settled.clear()
    this.#applied.clear()
  }

  /** The violation in a call that a store has executed; null: none. */
  watch(call: Call, answer: unknown): string | null {
    const { store, name, args } = call
    if (store === 'postgres') {
      if (name !== 'sync' || (answer as { status: string }).status !== 'applied') return null
      const { partition, nonce } = args[0] as { partition: number; nonce: string }
      const applied = this.#applied.get(partition) ?? []
      if (applied.at(-1) !== nonce) this.#applied.set(partition, [...applied, nonce])
      return applied.slice(0, -1).includes(nonce) ? 'a batch was applied again after a later one' : null
    }
    const parts = answer as string[]
    if (name === 'collect' && parts.length > 1) return this.#handedOut(parts.slice(2))
    if (name !== 'settle' || parts[0] !== 'OK') return null
    const nonce = (args[1] as string[])[0]!
    if (!isLastSlice(call)) return null
    const wrong = this.#settled.has(nonce) ? 'a batch was settled twice' : null
    this.#settled.add(nonce)
    return wrong ?? (parts.length > 1 ? this.#handedOut(parts.slice(1)) : null)
  }

  #handedOut([nonce, ...batch]: string[]): string | null {
    const before = this.#batches.get(nonce!)
    this.#batches.set(nonce!, batch.join())
    return before !== undefined && before !== batch.join() ? 'a batch in flight was changed' : null
  }
}
