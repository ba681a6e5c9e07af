/** Types of the ids of targets. A `bigint` may be any integer column, a `text` any column of text. */
export type IdType = 'uuid' | 'bigint' | 'text'

/** Types of the ids of actors. */
export type ActorType = 'uuid' | 'text'

/** A table of the application, by its exact names. */
export interface Table {
  /** `public`, as a rule. */
  readonly schema: string
  /** Without its schema. */
  readonly table: string
}

/** Where a kind has its targets. */
export interface KindTarget extends Table {
  /** The type of the ids. */
  readonly id: IdType
  /** The column of the id. */
  readonly column: string
  /** The column of the count; `null`: onecount keeps the counts in a table of its own. */
  readonly count: string | null
}

/** Where a kind has one row for each pair. */
export interface KindRows extends Table {
  /** The column of the target. */
  readonly target: string
  /** The column of the actor. */
  readonly actor: string
  /** The column of the variant, where there are `variants`. */
  readonly variant?: string
  /** The type of the ids of actors. */
  readonly actorType: ActorType
  /** The column that gets the time of a press; `null`: there is none. */
  readonly createdAt: string | null
}

/** One thing that actors do to targets (likes of articles, bookmarks), and the tables that hold it; as `defineConfig` made it. */
export interface Kind {
  /** `like` where there is no configuration. */
  readonly name: string
  /** Today's tables, functions and keys: those without the name of a kind. */
  readonly isDefault: boolean
  /** Each person sees their own alone: no count, no ranking, nothing that moves with what others press. */
  readonly isPrivate: boolean
  /** Stands before every Redis key of the kind, after the hash tag of its partition. */
  readonly keyPrefix: string
  /** What is liked. */
  readonly target: KindTarget
  /**
   * What is counted apart of each target; the id of a count is made of both (`variantId`). Left out: a target has one
   * count, under its own id.
   */
  readonly variants?: readonly string[]
  /** Who likes what. */
  readonly rows: KindRows
}

/** Kinds by their names, as `defineConfig` answers them. */
export interface Kinds<Name extends string = string> {
  /** By name. */
  readonly kinds: Readonly<Record<Name, Kind>>
}

/** What there is without a configuration. */
export const DEFAULT_KIND: Kind = {
  name: 'like',
  isDefault: true,
  isPrivate: false,
  keyPrefix: '',
  target: { schema: 'public', table: 'posts_new', id: 'uuid', column: 'id', count: 'likes' },
  rows: {
    schema: 'public',
    table: 'post_ratings',
    target: 'post_id',
    actor: 'session_id',
    actorType: 'text',
    createdAt: 'created_at',
  },
}
