import type { LikesCache, LikesQuery } from '../react/likes-cache'
import { LikesRefused } from '../react/transport'

/** A read that fails is tried once more after this, milliseconds. */
const RETRY_MS = 500

type State = LikesQuery['state']
type Filters = Parameters<LikesCache['refetchQueries']>[0]
type Listener = Parameters<ReturnType<LikesCache['getQueryCache']>['subscribe']>[0]

const PENDING: State = { status: 'pending', data: undefined, error: null, dataUpdatedAt: 0 }

/** The queries of posts, for pages without TanStack Query; what the data are worth, the `LikesStore` knows. */
export class Queries implements LikesCache {
  readonly #queries = new Map<string, Query>()
  readonly #listeners = new Set<Listener>()

  /** The query of this key, made with the first use. */
  get(queryKey: readonly unknown[]): Query {
    const name = JSON.stringify(queryKey)
    const known = this.#queries.get(name)
    if (known) return known
    const query = new Query(queryKey, () => {
      for (const listener of this.#listeners) listener({ query })
    })
    this.#queries.set(name, query)
    return query
  }

  getQueryData(queryKey: readonly unknown[]): unknown {
    return this.getQueryState(queryKey)?.data
  }

  setQueryData(queryKey: readonly unknown[], data: unknown, { updatedAt = Date.now() } = {}): void {
    this.get(queryKey).set({ status: 'success', data, error: null, dataUpdatedAt: updatedAt })
  }

  getQueryState(queryKey: readonly unknown[]): State | undefined {
    return this.#queries.get(JSON.stringify(queryKey))?.state
  }

  async refetchQueries(filters: Filters, { cancelRefetch = true } = {}): Promise<void> {
    await Promise.all(this.#find(filters).map(query => query.fetch(cancelRefetch)))
  }

  /** The queries stay, as observers without a subscriber still have them. */
  removeQueries(filters: Filters): void {
    for (const query of this.#find(filters)) query.set(PENDING)
  }

  getQueryCache(): ReturnType<LikesCache['getQueryCache']> {
    return {
      findAll: filters => this.#find(filters),
      subscribe: listener => {
        this.#listeners.add(listener)
        return () => this.#listeners.delete(listener)
      },
    }
  }

  #find({ type, predicate }: Filters): Query[] {
    return [...this.#queries.values()].filter(
      query =>
        (type === undefined || query.isActive() === (type === 'active')) && (predicate?.(query) ?? true),
    )
  }
}

/** One post. Reads while a view shows it, and tells of every change. */
export class Query implements LikesQuery {
  state = PENDING
  #views = 0
  #fetching: Promise<void> | undefined
  #read: (() => Promise<boolean>) | undefined

  constructor(
    readonly queryKey: readonly unknown[],
    private readonly changed: () => void,
  ) {}

  isActive = (): boolean => this.#views > 0

  set(state: State): void {
    this.state = state
    this.changed()
  }

  /** A view shows it from now on; `read` merges an answer and tells whether there is such a post. */
  show(read: () => Promise<boolean>): () => void {
    this.#read = read
    this.#views++
    this.changed()
    return () => {
      this.#views--
      this.changed()
    }
  }

  /** Reads it. Never rejects. `anew`: a read that is under way is too old for this, unless nothing is known yet. */
  async fetch(anew: boolean): Promise<void> {
    if (this.#fetching && !(anew && this.state.data !== undefined)) return this.#fetching
    const fetching = this.#attempt()
      .catch(() => this.#attempt(RETRY_MS))
      .then(
        exists => (exists ? null : new LikesRefused('post_not_found', 'No such post.')),
        (error: Error) => error,
      )
      .then(error => {
        // Another read has replaced this one.
        if (this.#fetching !== fetching) return
        this.#fetching = undefined
        const { data, dataUpdatedAt } = this.state
        this.set(
          error
            ? { status: 'error', data, error, dataUpdatedAt }
            : { status: 'success', data, error, dataUpdatedAt: Date.now() },
        )
      })
    this.#fetching = fetching
    return fetching
  }

  /** A definite refusal is not repeated. */
  async #attempt(afterMs = 0): Promise<boolean> {
    if (afterMs) await new Promise(resolve => setTimeout(resolve, afterMs))
    return (await this.#read?.()) ?? true
  }
}
