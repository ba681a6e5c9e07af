import { parseArgs } from 'node:util'
import type { Kind } from '../core/kind'
import { kindSql } from '../postgres/kind-sql'
import { MIGRATIONS } from '../postgres/migrations.generated'
import { CONFIG_HELP, CONFIG_OPTION, chooseKinds, readConfig } from './config'
import type { Command } from './main'
import { writeOut } from './write-out'

const HELP = `Prints the SQL that makes the kinds of your configuration: read it, keep it as a migration, and apply it as any other.

  npx onecount migration [options] > supabase/migrations/20261201000000_onecount.sql

${CONFIG_HELP}
  --kind NAME      this kind alone, all where left out
  --help

It may be applied again, also by several processes at once. Make it anew after the configuration changed or onecount
was updated; its first line names the version that made it.

Exit code: 0 printed, 2 the configuration cannot be used.`

export const migration: Command = {
  summary: 'print the SQL that makes the kinds of your configuration',
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { ...CONFIG_OPTION, kind: { type: 'string' }, help: { type: 'boolean' } },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const kinds = chooseKinds(await readConfig(values.config), values.kind)
    await writeOut(migrationSql(kinds))
    return 0
  },
}

/** The SQL that makes these kinds. */
export const migrationSql = (kinds: Kind[]): string => kinds.map(migrationOf).join('\n')

/** Of the default kind, whose databases are of many versions: the migrations that lead to this one. */
const migrationOf = (kind: Kind): string =>
  kind.isDefault
    ? MIGRATIONS.map(({ name, sql }) => `-- onecount ${name}\n\n${sql}`).join('\n')
    : kindSql(kind)
