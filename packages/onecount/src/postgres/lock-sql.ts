import type { Kind } from '../core/kind'
import { kindNames, OWN_TABLES } from './kind-names'
import { VERSION } from './kind-template.generated'
import { LOCKS_TEMPLATE } from './locks-template.generated'
import { quoteTable } from './names'

/** A statement of PL/pgSQL that locks every table of these kinds that there is. @throws SQL lock_not_available */
export const lockStatement = (kinds: readonly Kind[]): string =>
  LOCKS_TEMPLATE.replace('{{tables}}', () =>
    [...new Set(kinds.flatMap(tablesOf))].map(found).join(', '),
  ).trim()

/**
 * Locks the tables of several migrations that follow in one transaction, so that none of them waits for a table while
 * others wait for those of the one before.
 */
export const lockSql = (
  kinds: readonly Kind[],
): string => `-- onecount ${VERSION}, ${kinds.map(shown).join(', ')}: all locks of what follows, where it is one transaction.
do $onecount$
begin
perform pg_advisory_xact_lock(hashtextextended('onecount migration', 0));
${lockStatement(kinds)}
end $onecount$;
`

function tablesOf(kind: Kind): string[] {
  const { rows, content, counts, own } = kindNames(kind)
  return [rows, content, counts, ...OWN_TABLES.map(name => `public.${own}${name}`)]
}

const shown = ({ name, target, rows }: Kind): string =>
  `kind ${name} of ${quoteTable(target)} in ${quoteTable(rows)}`

const found = (table: string): string => `to_regclass('${table.replaceAll("'", "''")}')`
