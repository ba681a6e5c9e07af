import { CONSOLE } from './console-log'
import { OnecountError } from './errors'
import { type Health, joinHealth } from './health'
import { joinLoops } from './join-loops'
import { DEFAULT_KIND, type Kind, type Kinds } from './kind'
import type { Drainer, FlushOptions } from './loop'
import { type DrainLoop, withOldNames } from './old-names'
import { createEngine, type Onecount, type OnecountOptions } from './onecount'
import type { PostgresPort } from './ports'
import { createTurns, type Turns } from './turns'

/** Options of {@link createEngines}: those of one engine, which every kind gets. */
export interface EnginesOptions extends Omit<OnecountOptions, 'postgres'> {
  /** The Postgres driver of a kind. Called once for each; all may share one pool. */
  postgres: (kind: Kind) => PostgresPort
}

/** Health of all kinds together, and of each under its name. */
export interface KindsHealth<Name extends string = string> extends Health {
  /** By name. */
  kinds: Record<Name, Health>
}

/** What a drain of one kind has done, or what it failed with. */
export type KindDrained = { drained: number; more: boolean } | { error: unknown }

/** What a drain of all kinds has done: in all, and each under its name. */
export interface KindsDrained<Name extends string = string> {
  /** Ops that Postgres holds now, of all kinds. */
  drained: number
  /** Whether something is left. */
  more: boolean
  /** By name. */
  kinds: Record<Name, KindDrained>
}

/** The drainers of all kinds as one. */
export interface KindsDrainer<Name extends string = string> extends Omit<Drainer, 'flush'> {
  /**
   * Drains every kind, side by side, until nothing is left or `budgetMs` have passed. A kind that fails is told under its
   * name, and the others are drained. Never rejects.
   * @example
   * const { more } = await engines.drainer.flush({ budgetMs: 2000 })
   */
  flush(options?: FlushOptions): Promise<KindsDrained<Name>>
}

/** One engine a kind, and what they share; made by {@link createEngines}. */
export interface Engines<Name extends string = string> {
  /** The engine of each kind, by its name. */
  readonly kinds: Readonly<Record<Name, Onecount>>
  /** The kind that is meant where none is named: `like`, else the first of the configuration. */
  readonly main: Name
  /** False: no Redis is configured, and what Postgres says is exact. */
  readonly hasRedis: boolean
  /** The drainers of all kinds as one: one start, one stop. A kind that fails does not hold the others. */
  readonly drainer: KindsDrainer<Name>
  /**
   * The drain under the names that it had in 0.1.
   * @deprecated since 0.2: `drainer`
   */
  readonly drain: DrainLoop
  /**
   * As `drainer.flush`.
   * @deprecated since 0.2: `drainer.flush({ budgetMs })`
   * @example
   * const { more } = await engines.drainer.flush({ budgetMs: 2000 })
   */
  drainOnce(budgetMs?: number, options?: Omit<FlushOptions, 'budgetMs'>): Promise<KindsDrained<Name>>
  /**
   * Of every kind, as of one engine.
   * @throws StoreUnavailable
   * @example
   * await engines.prune()
   */
  prune(budgetMs?: number): Promise<void>
  /**
   * All kinds together, and each. Two round trips a partition of each kind. Never throws.
   * @example
   * const { kinds } = await engines.health()
   */
  health(): Promise<KindsHealth<Name>>
}

/**
 * Every kind of a configuration on one Redis connection and one pool: an engine, a queue and a lease each, and one
 * drain and one health for all. What the log says begins with the name of its kind where there are several.
 *
 * @example
 * const engines = createEngines(config, {
 *   redis: ioredisPort(client),
 *   postgres: kind => postgresJsPort(sql, { kind }),
 * })
 * await engines.kinds.bookmark.set('42', userId, true)
 * engines.drainer.start()
 *
 * @throws OnecountError `misconfigured` where `config` was not made by `defineConfig`, or `postgres` answers with the
 * driver of another kind than it was asked for
 */
export function createEngines<Name extends string>(
  config: Kinds<Name>,
  options: EnginesOptions,
): Engines<Name> {
  assertChecked(config)
  const all = Object.entries(config.kinds) as [Name, Kind][]
  const log = options.log ?? CONSOLE
  // Keys of one partition lie together, of whichever kind they are: one call looks at all.
  const turns = new Map<number, Turns>()
  const turnsOf = (partition: number): Turns => {
    const known = turns.get(partition) ?? createTurns()
    turns.set(partition, known)
    return known
  }
  const engineOf = (kind: Kind): Onecount => {
    const postgres = options.postgres(kind)
    assertKind(postgres, kind)
    const warn = (message: string) => log.warn(all.length > 1 ? `${kind.name}: ${message}` : message)
    return createEngine({ ...options, postgres, log: { warn } }, turnsOf)
  }
  const kinds = byName(all.map(([name, kind]) => [name, engineOf(kind)]))
  const entries = Object.entries(kinds) as [Name, Onecount][]

  const joined = joinLoops(entries.map(([, engine]) => engine.drainer))

  async function flush(options?: FlushOptions): Promise<KindsDrained<Name>> {
    const drain = async ([name, engine]: [Name, Onecount]): Promise<[Name, KindDrained]> => {
      const drained = engine.drainer.flush(options).catch((error: unknown) => ({ error }))
      return [name, await drained]
    }
    const ended = await Promise.all(entries.map(drain))
    const done = ended.flatMap(([, result]) => ('error' in result ? [] : [result]))
    return {
      drained: done.reduce((sum, { drained }) => sum + drained, 0),
      // What a kind that failed has left is not known.
      more: done.length < ended.length || done.some(({ more }) => more),
      kinds: byName(ended),
    }
  }

  return {
    kinds,
    main: all.find(([name]) => name === 'like')?.[0] ?? all[0]![0],
    hasRedis: options.redis !== null,
    drainer: { ...joined, flush },
    drain: withOldNames(joined),
    drainOnce: (budgetMs, options) => flush({ ...options, budgetMs }),

    async prune(budgetMs) {
      await Promise.all(entries.map(([, engine]) => engine.prune(budgetMs)))
    },

    async health() {
      const all = await Promise.all(
        entries.map(async ([name, engine]) => [name, await engine.health()] as [Name, Health]),
      )
      return { ...joinHealth(all.map(([, health]) => health)), kinds: byName(all) }
    },
  }
}

const byName = <Name extends string, T>(entries: [Name, T][]) =>
  Object.fromEntries(entries) as Record<Name, T>

function assertChecked(config: Kinds): void {
  const kinds: Kind[] = Object.values(config.kinds ?? {})
  if (kinds.length > 0 && kinds.every(kind => typeof kind?.isDefault === 'boolean')) return
  throw new OnecountError('misconfigured', {
    field: 'config',
    detail: 'config: give what defineConfig({ kinds: … }) answers',
  })
}

/** Two kinds on the tables of one would count each other's likes. */
function assertKind({ kind: answered = DEFAULT_KIND }: PostgresPort, kind: Kind): void {
  if (
    answered.name === kind.name &&
    answered.isDefault === kind.isDefault &&
    answered.keyPrefix === kind.keyPrefix
  )
    return
  throw new OnecountError('misconfigured', {
    field: 'postgres',
    detail: `postgres: the driver for ${named(kind)} was made for ${named(answered)}: give it { kind }`,
  })
}

const named = ({ name, target }: Kind) => `the kind ${name} on ${target.table}`
