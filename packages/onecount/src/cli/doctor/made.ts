import type { Kind } from '../../core/kind'
import { type KindNames, kindNames, OWN_TABLES } from '../../postgres/kind-names'
import { kindSql } from '../../postgres/kind-sql'
import { MIGRATIONS } from '../../postgres/migrations'
import { applyFor } from '../unreachable'

/** A kind in Postgres: its names, and what the SQL of this version of the package makes for it. */
export interface Made {
  kind: Kind
  names: KindNames
  /** The body of each function, by name. */
  functions: Map<string, string>
  triggers: { name: string; table: string }[]
  /** Indexes that are not for uniqueness, and are always made. */
  indexes: string[]
  /** Tables of onecount's own, with their schema. */
  ownTables: string[]
  /** What makes all of this: an advice. */
  apply: string
  /** How to repair rows: an advice. */
  repair: string
}

const FUNCTION = /create or replace function public\.(\w+)\s*\([\s\S]*?\bas (\$\w*\$)([\s\S]*?)\2/g
const TRIGGER = /create trigger "?((?:Before )?onecount_\w+)"?[^;]*? on ((?:"[^"]+"|\w+)\.(?:"[^"]+"|\w+))/g
const INDEX = /create index if not exists (\w+)/g

/** What there is of a kind in a database that has all of its SQL: that of shadow mode, where the kind is in it. */
export function madeFor(kind: Kind, isShadowed?: boolean): Made {
  const names = kindNames(kind)
  const text = kind.isDefault
    ? MIGRATIONS.map(({ sql }) => sql).join('\n')
    : kindSql(kind, { shadow: isShadowed ?? false })
  // Of a function that several migrations write, the last one.
  const functions = new Map([...text.matchAll(FUNCTION)].map(([, name, , body]) => [name!, body!]))
  const triggers = new Map(
    [...text.matchAll(TRIGGER)].flatMap(([, name, table]) =>
      // That of partitioned targets is made where they are partitioned.
      name === `${names.prefix}refuse_rename` ? [] : [[name!, { name: name!, table: table! }]],
    ),
  )
  return {
    kind,
    names,
    functions,
    triggers: [...triggers.values()],
    // That of targets is made where the application has none.
    indexes: [...text.matchAll(INDEX)].flatMap(([, name]) =>
      name === `${names.prefix}target_idx` ? [] : name!,
    ),
    ownTables: [
      ...OWN_TABLES.map(table => `public.${names.own}${table}`),
      ...(kind.target.count === null ? [names.counts] : []),
    ],
    apply: applyFor(kind, isShadowed),
    repair: kind.isDefault ? 'npx onecount repair' : `npx onecount repair --kind ${kind.name}`,
  }
}

/** A table as people know it: `articles`, `"Blog"."Old.Articles"`. */
export const shown = (table: string): string => table.replace(/^public\./, '')
