import { uninstallSql } from '../postgres/uninstall-sql'
import { CONFIG_HELP, CONFIG_OPTION, chooseKinds, readConfig } from './config'
import { guide } from './guide'
import type { Command } from './main'
import { parseOptions } from './parse-options'
import { writeOut } from './write-out'

const HELP = `Prints the SQL that takes away what onecount made in the database for the kinds of your configuration: triggers,
functions, tables, indexes, columns and rights. Your tables, rows and counts stay.

  npx onecount uninstall [options] > supabase/migrations/20270101000000_onecount_uninstall.sql

${CONFIG_HELP}
  --kind NAME      this kind alone, all where left out
  --help

Before you apply it: let no view or route use onecount, stop its workers, then drain with npx onecount worker --once.
It drains every kind. What is pending in Redis alone would be lost. It may be applied again.
Every step: ${guide('uninstall')}

Exit code: 0 printed, 2 the configuration cannot be used.`

export const uninstall: Command = {
  summary: 'print the SQL that takes everything away again',
  async run(args) {
    const { values } = parseOptions({
      args,
      options: { ...CONFIG_OPTION, kind: { type: 'string' }, help: { type: 'boolean' } },
    })
    if (values.help) {
      console.log(HELP)
      return 0
    }
    const kinds = chooseKinds(await readConfig(values.config), values.kind)
    await writeOut(kinds.map(uninstallSql).join('\n'))
    return 0
  },
}
