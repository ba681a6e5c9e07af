import { type ActorType, DEFAULT_KIND, type IdType, type Kind, type Table } from '../core/kind'
import { faultOf, parseTable } from '../postgres/names'
import { fail } from './fail'
import { parseVariants } from './variants'

/** The table of what is liked. */
export interface TargetConfig {
  /** `articles`, `blog.articles` or `blog."Old.Articles"`, by their exact names. */
  table: string
  /** The type of its ids: `bigint` for every integer column. */
  id: IdType
  /**
   * The column of the id.
   * @default 'id'
   */
  column?: string
  /**
   * An integer column that shows the count.
   * @default none: onecount keeps the counts in a table of its own
   */
  count?: string
}

/** The table with one row for each pair of a target and an actor. */
export interface RowsConfig {
  /** Named as `table` of the target. */
  table: string
  /** The column that names the target. */
  target: string
  /** The column that names the actor. */
  actor: string
  /**
   * The column that holds the variant, of type text; with `variants` alone.
   * @default none
   */
  variant?: string
  /**
   * A column of timestamps that gets the time of a press; `null`: there is none.
   * @default 'created_at'
   */
  createdAt?: string | null
}

/** One kind of a configuration: what is counted, and where it is kept. */
export interface KindConfig {
  /** What is liked. */
  target: TargetConfig
  /**
   * What people give to a target, each counted apart: `['👍', '🎉', '❤️']`. A person may give several. Up to 32, each of
   * up to 64 bytes, without white space, quotes and `$ % , | ~ { } \`. With variants there is no `target.count`.
   * @default none: a target has one count
   */
  variants?: readonly string[]
  /** Who likes what: one row a pair. */
  rows: RowsConfig
  /**
   * The type of the ids of its actors.
   * @default that of the configuration
   */
  actor?: ActorType
  /**
   * Each person sees their own alone, as with bookmarks: no other person is shown a count, a name, or that anything was
   * pressed. Not together with `target.count`, which everyone who may read the table would see.
   * @default false
   */
  private?: boolean
}

/** What `defineConfig` takes. */
export interface OnecountConfig<Name extends string = string> {
  /**
   * By name: lower-case letters and digits. The name is part of functions, tables and keys.
   * @default `{ like: DEFAULT_KIND_CONFIG }`
   */
  kinds?: Record<Name, KindConfig>
  /**
   * The type of the ids of actors.
   * @default 'text'
   */
  actor?: ActorType
  /**
   * Stands before every key in Redis: letters, digits and `_ . : -`.
   * @default ''
   */
  keyPrefix?: string
}

/** A configuration that was checked. */
export interface Config<Name extends string = string> {
  /** By name, with every default. */
  readonly kinds: Readonly<Record<Name, Kind>>
}

/**
 * The kind that there is without a configuration, to be named beside others: `{ kinds: { like: DEFAULT_KIND_CONFIG, … }
 * }`.
 */
export const DEFAULT_KIND_CONFIG: KindConfig = {
  target: { table: 'posts_new', id: 'uuid', count: 'likes' },
  rows: { table: 'post_ratings', target: 'post_id', actor: 'session_id' },
  actor: 'text',
}

const NAME = /^[a-z][a-z0-9]{0,19}$/
const PREFIX = /^[A-Za-z0-9_.:-]{0,64}$/
/** Would make functions of a kind that the default kind has: `onecount_set_partitions`. */
const RESERVED = new Set(
  `add apply are assert begin blocks clamp cut drain drained end fallback first guard hand hydrate is likes lock log
  merge op partition partitions peek plan post posts press prune ranking rated ratings refuse refused refuses remove
  renamed repair replan resolve retry revise session set snapshot sound spare status sync take tell widen write`.split(
    /\s+/,
  ),
)
/** Fields of each part of a configuration, so that a misspelled one is refused and not left out. */
const FIELDS = {
  config: fieldsOf<OnecountConfig>({ kinds: 1, actor: 1, keyPrefix: 1 }),
  kind: fieldsOf<KindConfig>({ target: 1, variants: 1, rows: 1, actor: 1, private: 1 }),
  target: fieldsOf<TargetConfig>({ table: 1, id: 1, column: 1, count: 1 }),
  rows: fieldsOf<RowsConfig>({ table: 1, target: 1, actor: 1, variant: 1, createdAt: 1 }),
}
const ID_TYPES: readonly string[] = ['uuid', 'bigint', 'text'] satisfies IdType[]
const ACTOR_TYPES: readonly string[] = ['uuid', 'text'] satisfies ActorType[]

/**
 * Checks a configuration: which tables hold what is liked and who likes it. Without kinds there is the kind `like` on
 * `posts_new(id uuid, likes)` and `post_ratings(post_id, session_id, created_at)`, with its functions and keys as they
 * are without a configuration; every other kind has its name in them. Makes no connection.
 * @throws OnecountError `misconfigured`, whose `field` names what is wrong: `kinds.like.target.table`
 * @example
 * export default defineConfig({
 *   kinds: {
 *     like: {
 *       target: { table: 'articles', id: 'bigint', count: 'like_count' },
 *       rows: { table: 'article_likes', target: 'article_id', actor: 'user_id' },
 *     },
 *     bookmark: {
 *       target: { table: 'articles', id: 'bigint' },
 *       rows: { table: 'bookmarks', target: 'article_id', actor: 'user_id' },
 *       private: true,
 *     },
 *   },
 *   actor: 'uuid',
 * })
 */
export function defineConfig<Name extends string = 'like'>(config: OnecountConfig<Name>): Config<Name> {
  refuseUnknown(config, FIELDS.config, '')
  const { kinds = { like: DEFAULT_KIND_CONFIG }, actor = 'text', keyPrefix = '' } = config as OnecountConfig
  oneOf(actor, ACTOR_TYPES, 'actor')
  // `read` finds where ids begin by the first of these.
  if (typeof keyPrefix !== 'string' || !PREFIX.test(keyPrefix) || keyPrefix.includes('post:meta:'))
    fail('keyPrefix', 'must be up to 64 letters, digits and _ . : -, and must not contain post:meta:')
  assertObject(kinds, 'kinds')
  if (Object.keys(kinds).length === 0) fail('kinds', 'must name a kind, or be left out')
  const all = Object.entries(kinds).map(([name, kind]) => toKind(name, kind, actor, keyPrefix))
  refuseSharing(all)
  return { kinds: Object.fromEntries(all.map(kind => [kind.name, kind])) as Config<Name>['kinds'] }
}

function toKind(name: string, config: KindConfig, actor: ActorType, keyPrefix: string): Kind {
  const at = `kinds.${name}`
  if (!NAME.test(name))
    fail(at, 'the name of a kind has up to 20 lower-case letters and digits, a letter first')
  refuseUnknown(config, FIELDS.kind, at)
  const { target, rows, private: isPrivate = false } = config
  if (!target) fail(`${at}.target`, 'is missing')
  if (!rows) fail(`${at}.rows`, 'is missing')
  refuseUnknown(target, FIELDS.target, `${at}.target`)
  refuseUnknown(rows, FIELDS.rows, `${at}.rows`)
  const actorType = config.actor ?? actor
  oneOf(target.id, ID_TYPES, `${at}.target.id`)
  oneOf(actorType, ACTOR_TYPES, `${at}.actor`)
  const variants = parseVariants(config, at)
  if (typeof isPrivate !== 'boolean') fail(`${at}.private`, 'must be true or false')
  if (isPrivate && target.count !== undefined)
    fail(
      `${at}.target.count`,
      'must be left out of a private kind: every role that may read the table would see the count',
    )
  const kind = {
    name,
    isPrivate,
    target: {
      ...table(target.table, `${at}.target.table`),
      id: target.id,
      column: column(target.column ?? 'id', `${at}.target.column`),
      count: target.count === undefined ? null : column(target.count, `${at}.target.count`),
    },
    ...(variants && { variants }),
    rows: {
      ...table(rows.table, `${at}.rows.table`),
      target: column(rows.target, `${at}.rows.target`),
      actor: column(rows.actor, `${at}.rows.actor`),
      ...(variants && { variant: column(rows.variant, `${at}.rows.variant`) }),
      actorType,
      createdAt:
        rows.createdAt === null ? null : column(rows.createdAt ?? 'created_at', `${at}.rows.createdAt`),
    },
  }
  refuseTwice([kind.target.column, kind.target.count], `${at}.target`)
  const { rows: columns } = kind
  refuseTwice([columns.target, columns.actor, columns.variant ?? null, columns.createdAt], `${at}.rows`)
  const isDefault = isMappedAs(kind, DEFAULT_KIND)
  if (!isDefault && RESERVED.has(name)) fail(at, `${name} is a name of onecount's own: use another one`)
  return { ...kind, isDefault, keyPrefix: isDefault ? keyPrefix : `${keyPrefix}${name}:` }
}

/**
 * Two kinds on one table of rows would take each other's rows for edits by hand; so would two on one count.
 * @throws OnecountError `misconfigured`
 */
export function refuseSharing(kinds: Kind[]): void {
  const known = new Map<string, string>()
  for (const { name, target, rows } of kinds) {
    const parts: [key: string, field: string][] = [
      [JSON.stringify([rows.schema, rows.table]), 'rows.table'],
      [JSON.stringify([target.schema, target.table, target.count ?? { of: name }]), 'target.count'],
    ]
    for (const [key, field] of parts) {
      const other = known.get(`${field} ${key}`)
      if (other !== undefined) fail(`kinds.${name}.${field}`, `is the kind ${other}'s too`)
      known.set(`${field} ${key}`, name)
    }
  }
}

const isMappedAs = (a: Pick<Kind, 'name' | 'target' | 'rows'>, b: Kind): boolean =>
  a.name === b.name &&
  Object.entries(b.target).every(([key, value]) => a.target[key as keyof Kind['target']] === value) &&
  Object.entries(b.rows).every(([key, value]) => a.rows[key as keyof Kind['rows']] === value)

function table(name: unknown, field: string): Table {
  const parsed = typeof name === 'string' ? parseTable(name) : null
  if (!parsed) fail(field, 'must be the name of a table: articles, blog.articles or blog."Old.Articles"')
  for (const part of [parsed.schema, parsed.table]) column(part, field)
  return parsed
}

function column(name: unknown, field: string): string {
  const fault = faultOf(name)
  if (fault !== null) fail(field, fault)
  return name as string
}

/** The names of all fields of a type: the compiler misses none. */
function fieldsOf<Fields>(all: Record<keyof Fields, 1>): string[] {
  return Object.keys(all)
}

function assertObject(value: unknown, field: string): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    fail(field || 'the configuration', 'must be an object')
}

/** A misspelled `private` would make a kind public. */
function refuseUnknown(value: unknown, fields: readonly string[], at: string): void {
  assertObject(value, at)
  const unknown = Object.keys(value).find(name => !fields.includes(name))
  if (unknown !== undefined)
    fail(at ? `${at}.${unknown}` : unknown, `is not a field: there are ${fields.join(', ')}`)
}

function refuseTwice(columns: (string | null)[], field: string): void {
  const named = columns.filter(name => name !== null)
  const twice = named.find((name, i) => named.indexOf(name) < i)
  if (twice !== undefined) fail(field, `names the column ${twice} twice`)
}

function oneOf(value: unknown, allowed: readonly string[], field: string): void {
  if (!allowed.includes(value as string))
    fail(field, `must be ${allowed.join(', ').replace(/, (\w+)$/, ' or $1')}`)
}
