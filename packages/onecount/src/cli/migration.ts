import type { Kind } from '../core/kind'
import { type KindSqlOptions, kindSql } from '../postgres/kind-sql'
import { lockSql } from '../postgres/lock-sql'
import { MIGRATIONS } from '../postgres/migrations'
import { CONFIG_HELP, CONFIG_OPTION, chooseKinds, readConfig } from './config'
import { guide } from './guide'
import type { Command } from './main'
import { parseOptions } from './parse-options'
import { MissingSetting } from './settings'
import { writeOut } from './write-out'

const HELP = `Prints the SQL that makes the kinds of your configuration: read it, keep it as a migration, and apply it as any other.

  npx onecount migration [options] > supabase/migrations/20261201000000_onecount.sql

${CONFIG_HELP}
  --kind NAME      this kind alone, all where left out
  --shadow         while code of before onecount goes on writing rows: its statements and triggers that change the count
                   change nothing. The migration without it ends this. Every step: ${guide('shadow')}
  --help

It may be applied again, also by several processes at once. Make it anew after the configuration changed or onecount
was updated; its first line names the version that made it.

Exit code: 0 printed, 2 the configuration cannot be used.`

export const migration: Command = {
  summary: 'print the SQL that makes the kinds of your configuration',
  async run(args) {
    const { values } = parseOptions({
      args,
      options: {
        ...CONFIG_OPTION,
        kind: { type: 'string' },
        shadow: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const kinds = chooseKinds(await readConfig(values.config), values.kind)
    const shadow = values.shadow ?? false
    if (shadow && kinds.some(kind => kind.isDefault))
      throw new MissingSetting('--shadow is for kinds on tables of your own: name them in onecount.config.ts')
    await writeOut(migrationSql(kinds, shadow ? kinds : []))
    return 0
  },
}

/** The SQL that makes these kinds. What is one statement takes its locks itself. */
export function migrationSql(kinds: Kind[], shadowed: Kind[] = []): string {
  const isOneStatement = kinds.length === 1 && !kinds[0]!.isDefault
  const texts = kinds.map(kind => migrationOf(kind, { shadow: shadowed.includes(kind) }))
  return [...(isOneStatement ? [] : [lockSql(kinds)]), ...texts].join('\n')
}

/** Of the default kind, whose databases are of many versions: the migrations that lead to this one. */
const migrationOf = (kind: Kind, options: KindSqlOptions): string =>
  kind.isDefault
    ? MIGRATIONS.map(({ name, sql }) => `-- onecount ${name}\n\n${sql}`).join('\n')
    : kindSql(kind, options)
