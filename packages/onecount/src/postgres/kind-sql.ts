import type { Kind } from '../core/kind'
import { fillTemplate } from './fill-template'
import { kindNames } from './kind-names'
import { KIND_TEMPLATE, VERSION } from './kind-template.generated'
import { quoteTable } from './names'

/** How the SQL of a kind is made. */
export interface KindSqlOptions {
  /**
   * For as long as code of before onecount goes on writing rows: what it does to the column of the count itself, by
   * statements or by triggers, changes nothing. `false` ends it.
   * @default false
   */
  shadow?: boolean
}

/**
 * The SQL that makes a kind, as it is now: a migration of a fresh database, and of one that has an older version of the
 * kind. It is one statement, so it is applied as a whole or not at all, whatever sends it; it may be applied again, also
 * by several at once. Names no table but those of the kind. The kind that there is without a configuration has the
 * migrations of `supabase/migrations` instead.
 * @example
 * writeFileSync('supabase/migrations/20261201000000_onecount_like.sql', kindSql(config.kinds.like))
 */
export function kindSql(kind: Kind, { shadow = false }: KindSqlOptions = {}): string {
  const isShadow = shadow && kind.target.count !== null
  return `${header(kind, isShadow)}do $onecount$
declare
  v_column record;
  v_found record;
  v_role text;
  v_function regprocedure;
begin
set local client_min_messages = warning;
-- One at a time; those that come after find everything in place.
perform pg_advisory_xact_lock(hashtextextended('onecount migration', 0));

${fillTemplate(KIND_TEMPLATE, kind, {}, isShadow)}
end $onecount$;
`
}

function header(kind: Kind, isShadow: boolean): string {
  const { name, target, variants, rows } = kind
  const { op, rev } = kindNames(kind)
  const variant = variants ? `\n--   variants of ${rows.variant}: ${variants.join(' ')}` : ''
  const counting = isShadow
    ? `Shadow mode: what
-- your own code and triggers do to ${target.count} changes nothing, until the migration without --shadow is applied.`
    : `Drop a trigger of your own that changes the
-- count when a row comes or goes: onecount counts now.`
  const count = target.count === null ? 'counts in a table of onecount' : `count ${target.count}`
  return `-- onecount ${VERSION}, kind ${name}: made by \`npx onecount migration\`. Do not edit: change the configuration, or install
-- another version of onecount, and make it anew. It may be applied again, and by several at once.
--   target ${quoteTable(target)}, id ${target.column} ${target.id}, ${count}
--   rows   ${quoteTable(rows)}, target ${rows.target}, actor ${rows.actor} ${rows.actorType}${variant}
-- Adds the column ${op} to the rows${target.count === null ? '' : ` and ${rev} to the targets`}. ${counting}

`
}
