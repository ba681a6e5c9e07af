import type { Kind } from '../core/kind'
import { fillTemplate } from './fill-template'
import { VERSION } from './kind-template.generated'
import { MIGRATIONS } from './migrations'
import { functionPrefix, quoteTable } from './names'
import { UNINSTALL_TEMPLATE } from './uninstall-template.generated'

/**
 * The SQL that takes away what onecount made in a database for a kind: triggers, functions, its tables, indexes, columns
 * and constraints; rights and the entry in the publication `supabase_realtime` become what they were. The rows, the
 * targets and the column of the count keep their values. One statement, so all of it or nothing; it may be applied again.
 * @example
 * writeFileSync('supabase/migrations/20270101000000_onecount_uninstall.sql', uninstallSql(config.kinds.like))
 */
export const uninstallSql = (kind: Kind): string =>
  `${header(kind)}${fillTemplate(UNINSTALL_TEMPLATE, kind, { made: condition(kind) })}\n`

function header(kind: Kind): string {
  const { name, isDefault, target, rows } = kind
  const drain = `npx onecount worker --once${isDefault ? '' : ` --kind ${name}`}`
  return `-- onecount ${VERSION}, kind ${name}: made by \`npx onecount uninstall\`. Takes away what onecount made for this kind
-- in the database. Do these first, in this order:
--   1. let no view and no route use onecount any more, and stop its workers
--   2. bring to Postgres what is pending in Redis; Postgres cannot see it, and it would be lost:
--      ${drain}
-- It refuses while presses are set aside in ${ownTable(kind, 'refused')}. It may be applied again.
--   target ${quoteTable(target)}: ${target.count === null ? 'as it is' : `${target.count} keeps its values`}
--   rows   ${quoteTable(rows)}: as they are

`
}

const ownTable = (kind: Kind, name: string): string =>
  kind.isDefault ? `like_${name}` : `${functionPrefix(kind)}${name}`

/** Which functions `p` are the kind's: those of the default kind begin like those of all others, so it is by name. */
function condition(kind: Kind): string {
  if (!kind.isDefault) return `p.proname like '${functionPrefix(kind).replaceAll('_', '\\_')}%'`
  const names = MIGRATIONS.flatMap(({ sql }) => [...sql.matchAll(/function public\.(onecount_\w+)/g)])
  return `p.proname = any ('{${[...new Set(names.map(([, name]) => name))].sort().join(', ')}}')`
}
