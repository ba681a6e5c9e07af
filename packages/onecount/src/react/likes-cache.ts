/** What is known of one post's likes, as a query. */
export interface LikesQuery {
  readonly queryKey: readonly unknown[]
  readonly state: {
    readonly status: 'pending' | 'success' | 'error'
    readonly data: unknown
    readonly error: Error | null
    readonly dataUpdatedAt: number
  }
  /** Whether a view shows it. */
  isActive(): boolean
}

interface Filters {
  type?: 'active' | 'inactive'
  predicate?: (query: LikesQuery) => boolean
}

/** What a `LikesStore` needs of a query client: that of TanStack Query is one, and `onecount/client` has its own. */
export interface LikesCache {
  getQueryData(queryKey: readonly unknown[]): unknown
  setQueryData(queryKey: readonly unknown[], data: unknown, options?: { updatedAt?: number }): unknown
  getQueryState(queryKey: readonly unknown[]): LikesQuery['state'] | undefined
  /** Never rejects. `cancelRefetch`: a read that is under way is too old for this; default: true. */
  refetchQueries(filters: Filters, options?: { cancelRefetch?: boolean }): Promise<void>
  /** Forgets what is known. */
  removeQueries(filters: Filters): void
  getQueryCache(): {
    findAll(filters: Filters): LikesQuery[]
    /** Calls back with every change of a query or of its views. */
    subscribe(listener: (event: { query: LikesQuery; type?: string }) => void): () => void
  }
}
