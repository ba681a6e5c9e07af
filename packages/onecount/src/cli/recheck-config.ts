import { type Config, defineConfig, type KindConfig, refuseSharing } from '../config/define'
import { fail } from '../config/fail'
import type { Kind, Table } from '../core/kind'
import { nameOfTable } from './init/naming'

const CHANGED = 'is not what defineConfig answers: give this to defineConfig, and export its answer unchanged'

/**
 * Checks a configuration that has the form of one that `defineConfig` answered. It may have been put together, changed
 * by hand, or written as JSON since, so every kind goes through `defineConfig` again and must come out the same.
 * @throws OnecountError `misconfigured`, whose `field` names what is wrong: `kinds.like.target.table`
 */
export function recheckConfig({ kinds, ...others }: Config): Config {
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) fail(unknown, CHANGED)
  const all = Object.entries<Kind>(kinds).map(([name, kind]) => [name, recheckKind(name, kind)] as const)
  refuseSharing(all.map(([, kind]) => kind))
  return { kinds: Object.fromEntries(all) }
}

function recheckKind(name: string, kind: Kind): Kind {
  const { kinds } = defineConfig({ kinds: { [name]: configOf(kind) }, keyPrefix: prefixOf(kind) })
  const again = kinds[name]!
  const field = differenceOf(again, kind, `kinds.${name}`)
  if (field !== null) fail(field, CHANGED)
  return again
}

/** What `defineConfig` made the kind of. Parts that are missing or of a wrong type stay so, and are refused by it. */
function configOf({ target, variants, rows, isPrivate }: Kind): KindConfig {
  return {
    target: isObject(target)
      ? {
          table: tableOf(target),
          id: target.id,
          column: target.column,
          ...(target.count !== null && { count: target.count }),
        }
      : target,
    ...(variants && { variants }),
    rows: isObject(rows)
      ? {
          table: tableOf(rows),
          target: rows.target,
          actor: rows.actor,
          ...(rows.variant !== undefined && { variant: rows.variant }),
          createdAt: rows.createdAt,
        }
      : rows,
    ...(isObject(rows) && { actor: rows.actorType }),
    private: isPrivate,
  }
}

/** What is no table stays as it is. */
const tableOf = (table: Table): string =>
  typeof table.schema === 'string' && typeof table.table === 'string' ? nameOfTable(table) : table.table

/** The `keyPrefix` of the configuration, without the name of the kind. */
const prefixOf = ({ isDefault, keyPrefix, name }: Kind): string =>
  !isDefault && typeof keyPrefix === 'string' && keyPrefix.endsWith(`${name}:`)
    ? keyPrefix.slice(0, -`${name}:`.length)
    : keyPrefix

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The first field that two values do not have alike; null: they are equal. */
function differenceOf(a: unknown, b: unknown, at: string): string | null {
  if (!isObject(a) || !isObject(b)) return a === b ? null : at
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const field = differenceOf(a[name as keyof typeof a], b[name as keyof typeof b], `${at}.${name}`)
    if (field !== null) return field
  }
  return null
}
