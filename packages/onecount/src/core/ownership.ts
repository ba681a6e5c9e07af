import type { ForeignRedis, Repartitioned } from './errors'
import type { RedisPort } from './ports'

/**
 * Which Redis Postgres belongs to, as far as this process knows. A Redis carries its id, and the receipt in Postgres the
 * id of the Redis that it belongs to: two of them on one Postgres would each find that it has no history in common with
 * it, for ever.
 */
export class Ownership {
  /** The id under which this process has drained Redis. */
  #confirmed: string | null = null
  #foreign: ForeignRedis | Repartitioned | null = null

  constructor(
    /** Id for a Redis that has none; '': it gets none, and owners are not compared. */
    private readonly configured: string,
    private mayTakeOver: boolean,
  ) {}

  /** The id that Redis gets where it has none, or where a process that did not know better has named it otherwise. */
  get claim(): { id: string; isSure: boolean } {
    return { id: this.#confirmed ?? this.configured, isSure: this.#confirmed !== null }
  }

  /** Set: Postgres belongs to another Redis, or knows other partitions. */
  get foreign(): ForeignRedis | Repartitioned | null {
    return this.#foreign
  }

  /** Postgres has compared histories with this Redis, and what followed is done. */
  confirm(home: string): void {
    this.#foreign = null
    if (home === '') return
    this.#confirmed = home
    this.endTakeover()
  }

  /** Postgres has said whose it is. */
  refuse<E extends ForeignRedis | Repartitioned>(foreign: E): E {
    this.#foreign = foreign
    return foreign
  }

  /**
   * The id of a Redis that is another one than Postgres says, where a batch would not change that; else null. One without
   * an id would get that of this process.
   */
  strangerTo(owner: string | null, { home, confirmed }: { home: string; confirmed: string }): string | null {
    const id = home || this.claim.id
    if (id === '' || owner === null || id === owner || this.mayTakeOver) return null
    return confirmed === '' && this.#confirmed === owner ? null : id
  }

  /** Whether this process is to give Postgres to this Redis. */
  get takesOver(): boolean {
    return this.mayTakeOver
  }

  /** It has done so, or Postgres was this Redis' already: two that were told to take over must not take turns. */
  endTakeover(): void {
    this.mayTakeOver = false
  }

  /** Redis for people: while Postgres belongs to another one, what this one holds is not the truth. */
  guard(port: RedisPort): RedisPort {
    return {
      isCluster: port.isCluster,
      run: (script, keys, args) =>
        this.#foreign ? Promise.reject(this.#foreign) : port.run(script, keys, args),
    }
  }
}
